internal import GatewayKit
internal import NIOSSL

extension PEMFile {
    /// All certificates, in their order; at least one.
    func certificates() throws(StartFailure) -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw StartFailure("\(path) should hold certificates in PEM, each after -----BEGIN CERTIFICATE-----")
        }
    }

    func privateKey() throws(StartFailure) -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            // RFC 7468 §11, and the older `Proc-Type: 4,ENCRYPTED` of RFC 1421 §4.6.1.1.
            if text.contains("ENCRYPTED") {
                throw StartFailure("the private key in \(path) is encrypted; it must be stored without a passphrase")
            }
            throw StartFailure("\(path) should hold a private key in PEM, after -----BEGIN PRIVATE KEY-----")
        }
    }
}
