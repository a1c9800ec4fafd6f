/// How connections to an upstream are encrypted, and whom the gateway takes for the upstream.
public struct UpstreamTLS: Sendable, Hashable {
    /// A PEM file with the certificates that may have signed the upstream's; `nil`: those that this system trusts.
    public let roots: String?
    /// What the gateway shows when the upstream asks who it is.
    public let certificate: TLSFiles?
    /// The name to ask for and to verify, instead of the upstream's host: for an upstream that is reached by address.
    public let serverName: String?
    /// `false`: anybody between the gateway and the upstream may read along and answer in the upstream's place.
    public let verifies: Bool

    public init(
        roots: String? = nil,
        certificate: TLSFiles? = nil,
        serverName: String? = nil,
        verifies: Bool = true
    ) {
        self.roots = roots
        self.certificate = certificate
        self.serverName = serverName
        self.verifies = verifies
    }

    /// The same for an upstream that is called `host` and reached by one of its addresses.
    package func naming(_ host: String) -> Self {
        Self(roots: roots, certificate: certificate, serverName: serverName ?? host, verifies: verifies)
    }

    /// The name for the server name indication and the check of the certificate; `nil` when an upstream at this host
    /// is known by its address, which RFC 6066 §3 allows no indication of.
    public func name(of host: String) -> String? {
        let name = serverName ?? host
        return IPAddress(name) == nil ? name : nil
    }
}
