package import GatewayKit
internal import GRPCNIOTransportHTTP2Posix
internal import NIOCore
internal import NIOSSL

/// How connections to a service are encrypted, and whom the gateway takes for the service.
package struct ServiceTLS: Sendable {
    /// The certificates, in PEM, that may have signed the service's; `nil`: those that this system trusts.
    package let roots: String?
    /// What the gateway shows when the service asks who it is: a chain in PEM, its own first.
    package let certificate: String?
    /// Of the first certificate, in PEM.
    package let key: Secret?
    /// The name to ask for and to verify, instead of the host of the address.
    package let serverName: String?
    /// `false`: anybody between the gateway and the service may answer in its place.
    package let verifies: Bool
    /// The service's own certificates, in PEM: one of them is what it must show, whoever signed it and whatever name it
    /// bears, as long as it has not expired. In place of `roots`.
    package let pinned: String?

    package init(
        roots: String? = nil,
        certificate: String? = nil,
        key: Secret? = nil,
        serverName: String? = nil,
        verifies: Bool = true,
        pinned: String? = nil
    ) {
        self.roots = roots
        self.certificate = certificate
        self.key = key
        self.serverName = serverName
        self.verifies = verifies
        self.pinned = pinned
    }

    /// What a service's `tls` says: `true`, or a map; `nil` where there is none, or `false`.
    static func one(from settings: inout PolicyReader) -> ServiceTLS? {
        guard let node = settings.node("tls") else { return nil }
        if case .text = node.content {
            return settings.flag("tls", or: false) ? ServiceTLS() : nil
        }
        guard var reader = settings.section("tls") else { return nil }
        defer { reader.finish() }
        let roots = reader.node("roots") == nil ? nil : reader.certificates("roots")
        let isClient = reader.node("certificate") != nil || reader.node("key") != nil
        let name = reader.node("server-name") == nil ? nil : reader.text("server-name")
        if let name, IPAddress(name) != nil || name.isEmpty {
            reader.note(reader.error(at: "server-name", "should be a host name, not '\(name)'"))
        }
        return ServiceTLS(
            roots: roots,
            certificate: isClient ? reader.certificates("certificate") : nil,
            key: isClient ? reader.privateKey("key") : nil,
            serverName: name,
            verifies: reader.flag("verify", or: true)
        )
    }

    var security: HTTP2ClientTransport.Posix.TransportSecurity {
        .tls { tls in
            if let roots { tls.trustRoots = .certificates([.bytes(Array(roots.utf8), format: .pem)]) }
            if let certificate, let key {
                tls.certificateChain = [.bytes(Array(certificate.utf8), format: .pem)]
                tls.privateKey = .bytes(Array(key.text.utf8), format: .pem)
            }
            if !verifies { tls.serverCertificateVerification = .noVerification }
            if let pinned {
                // The name is compared after the callback has answered, which has looked at the whole certificate.
                tls.serverCertificateVerification = .noHostnameVerification
                tls.customVerificationCallback = Self.verification(of: pinned)
            }
        }
    }

    /// Nothing that is not a certificate is trusted: then no connection is made.
    private static func verification(
        of pinned: String
    ) -> @Sendable ([NIOSSLCertificate], EventLoopPromise<NIOSSLVerificationResultWithMetadata>) -> Void {
        let certificates = (try? NIOSSLCertificate.fromPEMBytes(Array(pinned.utf8))) ?? []
        return { presented, promise in
            guard let own = presented.first, certificates.contains(own),
                Int64(own.notValidAfter) > TimeSource.system.now().seconds
            else { return promise.succeed(.failed) }
            promise.succeed(.certificateVerified(VerificationMetadata(ValidatedCertificateChain([own]))))
        }
    }
}

extension ServiceTLS: Hashable {
    package static func == (one: Self, other: Self) -> Bool {
        one.roots == other.roots && one.certificate == other.certificate && one.key?.text == other.key?.text
            && one.serverName == other.serverName && one.verifies == other.verifies && one.pinned == other.pinned
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(roots)
        hasher.combine(certificate)
        hasher.combine(serverName)
        hasher.combine(verifies)
        hasher.combine(pinned)
    }
}

extension PolicyReader {
    /// The certificates of a PEM file; a mistake is noted where there are none.
    fileprivate mutating func certificates(_ key: String) -> String? {
        guard let text = fileText(key, kind: "a PEM file") else { return nil }
        guard let found = try? NIOSSLCertificate.fromPEMBytes(Array(text.utf8)), !found.isEmpty else {
            note(
                error(at: key, "should be the path of a PEM file with certificates (BEGIN CERTIFICATE)"),
                .badCertificate
            )
            return nil
        }
        return text
    }

    fileprivate mutating func privateKey(_ key: String) -> Secret? {
        guard let text = fileText(key, kind: "a PEM file") else { return nil }
        guard (try? NIOSSLPrivateKey(bytes: Array(text.utf8), format: .pem)) != nil else {
            note(
                error(at: key, "should be the path of a PEM file with a private key that is not encrypted"),
                .badCertificate
            )
            return nil
        }
        return Secret(text)
    }

    private func note(_ mistake: PolicyMistake, _ rule: PolicyRule) {
        note(mistake.place, mistake.message, rule: rule)
    }
}
