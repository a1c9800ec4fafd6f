internal import AsyncHTTPClient
internal import NIOSSL

/// Whose signature on a node's certificate counts, instead of the authorities that this system trusts: those of a file. A
/// certificate that signed itself counts, too. The name in it does not matter: a node is reached by addresses that it did
/// not know when it made its certificate.
package struct NodeAuthorities: Sendable {
    private let certificates: [NIOSSLCertificate]

    /// `nil` where the text holds no certificate in PEM (RFC 7468).
    package init?(pem: String) {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)), !certificates.isEmpty else {
            return nil
        }
        self.certificates = certificates
    }

    func apply(to configuration: inout HTTPClient.Configuration) {
        var tls = TLSConfiguration.makeClientConfiguration()
        apply(to: &tls)
        configuration.tlsConfiguration = tls
    }

    func apply(to configuration: inout TLSConfiguration) {
        configuration.trustRoots = .certificates(certificates)
        configuration.certificateVerification = .noHostnameVerification
    }
}
