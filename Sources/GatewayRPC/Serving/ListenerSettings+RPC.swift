internal import GRPCNIOTransportHTTP2Posix
internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension ListenerSettings {
    /// Where a gRPC server listens. A Unix socket of before is removed.
    ///
    /// - Throws: `StartFailure` for a name: it stands for more than one address.
    func rpcAddress() throws -> GRPCNIOTransportHTTP2Posix.SocketAddress {
        if let socketPath {
            try? FileManager.default.removeItem(atPath: socketPath)
            return .unixDomainSocket(path: socketPath)
        }
        let host = host == "localhost" ? "127.0.0.1" : host
        guard let address = IPAddress(host) else {
            throw StartFailure("'listen' should be an address such as 127.0.0.1:9191 here, not '\(self.address)'")
        }
        return address.isV4 ? .ipv4(host: host, port: port) : .ipv6(host: host, port: port)
    }

    func rpcSecurity() throws -> HTTP2ServerTransport.Posix.TransportSecurity {
        guard let tls else { return .plaintext }
        guard case .files(let files, let others) = tls.identities, others.isEmpty else {
            throw StartFailure("'tls' of \(address) should name one certificate and its key here")
        }
        return .tls(
            certificateChain: [.file(path: files.certificate, format: .pem)],
            privateKey: .file(path: files.key, format: .pem)
        )
    }
}
