import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A certificate and its key, made for a test. Valid from 2020 to 2100 unless it says otherwise.
struct TestCertificate {
    let certificate: Certificate
    /// The certificate, and its issuer's unless that is a root.
    let chainPEM: String
    let keyPEM: String
    private let key: Certificate.PrivateKey
    private let isRoot: Bool

    /// - Parameter issuer: who signs it; `nil`: it signs itself.
    init(
        _ names: String...,
        issuer: TestCertificate? = nil,
        isAuthority: Bool = false,
        from: Int64 = 1_577_836_800,
        until: Int64 = 4_102_444_800
    ) throws {
        let p256 = P256.Signing.PrivateKey()
        key = Certificate.PrivateKey(p256)
        keyPEM = p256.pemRepresentation
        isRoot = issuer == nil
        let subject = try DistinguishedName { CommonName(names.first ?? "nameless") }
        certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSince1970: Double(from)),
            notValidAfter: Date(timeIntervalSince1970: Double(until)),
            issuer: issuer?.certificate.subject ?? subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                if isAuthority {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(keyCertSign: true))
                } else {
                    Critical(BasicConstraints.notCertificateAuthority)
                }
                if !names.isEmpty {
                    SubjectAlternativeNames(names.map { .dnsName($0) })
                }
            },
            issuerPrivateKey: issuer?.key ?? key
        )
        let own = try certificate.serializeAsPEM().pemString + "\n"
        chainPEM = if let issuer, !issuer.isRoot { own + issuer.chainPEM } else { own }
    }

    func der() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    func tls() throws -> NIOSSLCertificate {
        try NIOSSLCertificate(bytes: der(), format: .der)
    }
}

extension TestCertificate {
    /// As it is in a file.
    static func pem(of certificate: NIOSSLCertificate) throws -> String {
        try Certificate(derEncoded: try certificate.toDERBytes()).serializeAsPEM().pemString + "\n"
    }
}
