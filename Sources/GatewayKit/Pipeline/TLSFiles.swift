/// Where a certificate and its private key are found. Both files are PEM (RFC 7468).
public struct TLSFiles: Sendable, Hashable {
    /// The certificate itself first, then those that signed it, up to but without the root (RFC 8446 §4.4.2).
    public let certificate: String
    /// The key of the first certificate, not encrypted.
    public let key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
