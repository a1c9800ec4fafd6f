/// Who sent a request, as far as the connection tells.
public struct Client: Sendable {
    /// The client's own address: what a trusted proxy reports, otherwise the peer of the connection. `nil` for a Unix socket.
    public let address: IPAddress?
    /// True when the connection's peer is a proxy that the policy trusts to report addresses.
    public let isBehindTrustedProxy: Bool

    public init(address: IPAddress?, isBehindTrustedProxy: Bool = false) {
        self.address = address
        self.isBehindTrustedProxy = isBehindTrustedProxy
    }
}
