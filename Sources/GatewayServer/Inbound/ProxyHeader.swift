package import GatewayKit

/// What a proxy says about a connection that it passes on (haproxy, doc/proxy-protocol.txt §2).
package struct ProxyHeader: Hashable, Sendable {
    /// One side of the connection that the proxy accepted.
    package struct Endpoint: Hashable, Sendable {
        package let address: IPAddress
        package let port: UInt16

        package init(_ address: IPAddress, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    /// Who connected to the proxy. `nil` where the proxy speaks for itself or cannot say (`LOCAL`, `UNKNOWN`, a Unix
    /// socket): the peer of the connection counts.
    package let source: Endpoint?
    /// Where on the proxy it connected to; `nil` exactly when `source` is.
    package let destination: Endpoint?

    package init(source: Endpoint, destination: Endpoint) {
        self.source = source
        self.destination = destination
    }

    private init() {
        source = nil
        destination = nil
    }

    /// The peer of the connection counts.
    package static let withoutAddresses = ProxyHeader()
}
