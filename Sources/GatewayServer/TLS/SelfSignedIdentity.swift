internal import Crypto
package import GatewayKit
internal import SwiftASN1
internal import X509

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A certificate that the gateway makes itself, in the files `tls.cert` and `tls.key` of its data folder. Clients have
/// to be told to trust it.
package struct SelfSignedIdentity: Sendable {
    /// 14 months, as lnd's own certificate (lnd/cert, `DefaultAutogenValidity`). Apple's systems refuse a certificate
    /// for more than 825 days (https://support.apple.com/HT210176).
    private static let validity = Duration.seconds(14 * 30 * 86_400)
    /// What must remain of it, or else it is renewed.
    private static let margin = Duration.seconds(30 * 86_400)
    /// For clients whose clock is slow.
    private static let backdating = Duration.seconds(-86_400)
    /// Tells certificates of ours, which may be replaced, from all others.
    private static let organization = "sluice self-signed certificate"

    package let files: TLSFiles
    private let names: [GeneralName]
    private let certificateFile: DurableFile
    private let keyFile: DurableFile

    /// - Parameter names: host names, also such as `*.example.com`, and IP addresses, besides `localhost`, `127.0.0.1`
    ///   and `::1`.
    package init(names: [String], dataFolder: String) throws(StartFailure) {
        certificateFile = DurableFile(folder: dataFolder, name: "tls.cert", need: "TLS needs")
        keyFile = DurableFile(folder: dataFolder, name: "tls.key", need: "TLS needs")
        files = TLSFiles(certificate: certificateFile.path, key: keyFile.path)
        var generalNames: [GeneralName] = []
        for name in names + ["localhost", "127.0.0.1", "::1"] {
            let generalName = try Self.generalName(name)
            if !generalNames.contains(generalName) {
                generalNames.append(generalName)
            }
        }
        self.names = generalNames
    }

    /// Makes the first certificate, or a new one with a new key when fewer than 30 days remain, when the names are
    /// others, or when the key is not the certificate's. Blocks: not for an event loop.
    ///
    /// - Returns: whether there is a new one.
    /// - Throws: also when the certificate in the place is not one that this made: it is not replaced.
    @discardableResult
    package func renewIfDue(at now: WallTime) throws(StartFailure) -> Bool {
        guard try isDue(at: now) else { return false }
        let (certificate, key) = try makePair(at: now)
        // A crash between the two leaves a key that is not the certificate's, and so leads to a new pair.
        try keyFile.replace(with: key, mode: 0o600)
        try certificateFile.replace(with: certificate, mode: 0o644)
        return true
    }

    private func isDue(at now: WallTime) throws(StartFailure) -> Bool {
        guard FileStamp(path: files.certificate) != nil else { return true }
        let certificate = try ownCertificate()
        guard FileStamp(path: files.key) != nil else { return true }
        let keyText = try PEMFile(reading: files.key, content: "a private key").text
        guard let key = try? Certificate.PrivateKey(pemEncoded: keyText), key.publicKey == certificate.publicKey else {
            return true
        }
        let present = try? certificate.extensions.subjectAlternativeNames.map { Set($0) }
        return present != Set(names) || now < WallTime(certificate.notValidBefore)
            || now.advanced(by: Self.margin) > WallTime(certificate.notValidAfter)
    }

    /// - Throws: when it is somebody else's, who may miss it.
    private func ownCertificate() throws(StartFailure) -> Certificate {
        let text = try PEMFile(reading: files.certificate, content: "a certificate").text
        guard let certificate = try? Certificate(pemEncoded: text),
            certificate.issuer == certificate.subject, certificate.subject == (try? Self.subject())
        else {
            throw StartFailure(
                "\(files.certificate) is not a self-signed certificate of this gateway; move it away to have one made,"
                    + " or name it and its key in the listener's `tls:`"
            )
        }
        return certificate
    }

    private static func subject() throws -> DistinguishedName {
        try DistinguishedName { OrganizationName(organization) }
    }

    private func makePair(at now: WallTime) throws(StartFailure) -> (certificate: [UInt8], key: [UInt8]) {
        do {
            let key = P256.Signing.PrivateKey()
            let subject = try Self.subject()
            let certificate = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: Certificate.PublicKey(key.publicKey),
                notValidBefore: now.advanced(by: Self.backdating).date,
                notValidAfter: now.advanced(by: Self.validity).date,
                issuer: subject,
                subject: subject,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    // Whoever trusts this certificate must not thereby trust others that its key could sign.
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(names)
                },
                issuerPrivateKey: Certificate.PrivateKey(key)
            )
            let text = try certificate.serializeAsPEM().pemString
            return (Array("\(text)\n".utf8), Array("\(key.pemRepresentation)\n".utf8))
        } catch {
            throw StartFailure("cannot make the self-signed certificate \(files.certificate): \(error)")
        }
    }

    private static func generalName(_ name: String) throws(StartFailure) -> GeneralName {
        let isReadable = name.utf8.allSatisfy { ASCII.isTokenByte($0) || $0 == UInt8(ascii: ":") }
        guard isReadable, (1...253).contains(name.utf8.count) else {
            throw StartFailure(
                "a self-signed certificate cannot be for '\(name)', only for host names such as example.com or"
                    + " *.example.com and for IP addresses"
            )
        }
        let address = addressBytes(name, family: AF_INET, count: 4) ?? addressBytes(name, family: AF_INET6, count: 16)
        if let address {
            return .ipAddress(ASN1OctetString(contentBytes: address[...]))
        }
        return .dnsName(name)
    }

    /// In network order, as RFC 5280 §4.2.1.6 has them; `nil` unless it is an address of this family.
    private static func addressBytes(_ text: String, family: CInt, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }
}
