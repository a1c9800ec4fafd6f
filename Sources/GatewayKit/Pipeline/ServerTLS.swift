/// What a listener's `tls:` says: who the gateway is to its clients.
public struct ServerTLS: Sendable, Hashable {
    public enum Identities: Sendable, Hashable {
        /// The default is for clients that ask for no name or one that no certificate has. Each of the others is for
        /// the names in its certificate, `*.example.com` among them (RFC 6066 §3).
        case files(default: TLSFiles, others: [TLSFiles])
        /// One certificate that the gateway makes itself, keeps in its data folder and renews. It is good for these
        /// host names and IP addresses, and for `localhost`, `127.0.0.1` and `::1`.
        case selfSigned(names: [String])
    }

    public let identities: Identities

    public init(_ identities: Identities) {
        self.identities = identities
    }
}
