internal import GatewayKit
internal import GRPCNIOTransportHTTP2Posix

/// Where one instance of a service listens.
package struct ServiceAddress: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address; empty for a Unix socket.
    private let host: String
    private let port: Int
    private let socketPath: String?

    /// Reads `127.0.0.1:10010`, `[::1]:10010`, `pricer.internal:10010` or `unix:/run/pricer.sock`; `nil` for anything else.
    package init?(parsing text: String) {
        guard let listener = ListenerSettings(parsing: text), listener.socketPath != nil || listener.port > 0 else {
            return nil
        }
        host = listener.host
        port = listener.port
        socketPath = listener.socketPath
    }

    package var description: String {
        if let socketPath { return "unix:\(socketPath)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// A name stands for the first of its addresses that can be connected to; it is looked up again when that ends.
    var target: any ResolvableTarget {
        if let socketPath { return .unixDomainSocket(path: socketPath, authority: "localhost") }
        guard let address = IPAddress(host) else { return .dns(host: host, port: port) }
        return address.isV4 ? .ipv4(address: host, port: port) : .ipv6(address: host, port: port)
    }
}
