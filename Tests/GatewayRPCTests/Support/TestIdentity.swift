import Crypto
import Foundation
import SwiftASN1
import X509

/// A certificate and its key, in PEM, made for a test.
struct TestIdentity {
    let certificatePEM: String
    let keyPEM: String
    private let certificate: Certificate
    private let key: Certificate.PrivateKey

    /// - Parameter issuer: who signs it; `nil`: it signs itself, and may sign others.
    init(_ name: String, issuer: TestIdentity? = nil) throws {
        let p256 = P256.Signing.PrivateKey()
        key = Certificate.PrivateKey(p256)
        keyPEM = p256.pemRepresentation
        let subject = try DistinguishedName { CommonName(name) }
        certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSince1970: 1_577_836_800),
            notValidAfter: Date(timeIntervalSince1970: 4_102_444_800),
            issuer: issuer?.certificate.subject ?? subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                if issuer == nil {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(keyCertSign: true))
                } else {
                    Critical(BasicConstraints.notCertificateAuthority)
                    SubjectAlternativeNames([.dnsName(name)])
                }
            },
            issuerPrivateKey: issuer?.key ?? key
        )
        certificatePEM = try certificate.serializeAsPEM().pemString + "\n"
    }
}
