internal import GatewayKit
internal import NIOSSL
internal import SwiftASN1
internal import X509

/// A certificate, those that signed it, and its key: read, and found to belong together.
final class TLSIdentity: Sendable {
    let files: TLSFiles
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource
    /// What the certificate is good for, as it says so. A common name does not count (RFC 9525 §2).
    let hostNames: [String]
    private let isNamed: Bool
    private let notBefore: WallTime
    private let notAfter: WallTime
    private let certificateStamp: FileStamp
    private let keyStamp: FileStamp

    /// Blocks: not for an event loop.
    init(reading files: TLSFiles) throws(StartFailure) {
        let certificateFile = try PEMFile(reading: files.certificate, content: "a certificate")
        let keyFile = try PEMFile(reading: files.key, content: "a private key")
        let certificates = try certificateFile.certificates()
        let key = try keyFile.privateKey()
        let chain = certificates.map { NIOSSLCertificateSource.certificate($0) }
        try Self.check(chain, key, of: files)
        let details = try Self.details(of: certificates, in: files)

        self.files = files
        self.chain = chain
        self.key = .privateKey(key)
        hostNames = details.names.compactMap { if case .dnsName(let name) = $0 { name } else { nil } }
        isNamed = details.names.contains {
            switch $0 {
            case .dnsName, .ipAddress: true
            default: false
            }
        }
        notBefore = details.notBefore
        notAfter = details.notAfter
        certificateStamp = certificateFile.stamp
        keyStamp = keyFile.stamp
    }

    /// False once another certificate or key is in the place of those that were read, or none.
    var isCurrent: Bool {
        FileStamp(path: files.certificate) == certificateStamp && FileStamp(path: files.key) == keyStamp
    }

    /// Why clients are going to refuse it, each reason a sentence for the operator.
    func warnings(at now: WallTime) -> [String] {
        var warnings: [String] = []
        if now > notAfter {
            warnings.append("the certificate in \(files.certificate) expired on \(HTTPDate.text(notAfter.seconds))")
        }
        if now < notBefore {
            warnings.append("the certificate in \(files.certificate) starts on \(HTTPDate.text(notBefore.seconds))")
        }
        if !isNamed {
            warnings.append("the certificate in \(files.certificate) is for no host name and no IP address")
        }
        return warnings
    }

    /// BoringSSL compares the key with the certificate when a context is given both; one is made for that alone.
    private static func check(
        _ chain: [NIOSSLCertificateSource],
        _ key: NIOSSLPrivateKey,
        of files: TLSFiles
    ) throws(StartFailure) {
        do {
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
            )
        } catch NIOSSLError.failedToLoadPrivateKey {
            throw StartFailure(
                "the key in \(files.key) does not belong to the certificate in \(files.certificate), where the"
                    + " server's own certificate must come first"
            )
        } catch {
            throw StartFailure(
                "\(files.certificate) holds a certificate that TLS has no use for; its key must be RSA, ECDSA or"
                    + " Ed25519, and be allowed to sign"
            )
        }
    }

    private struct Details {
        let names: [GeneralName]
        let notBefore: WallTime
        let notAfter: WallTime
    }

    private static func details(
        of certificates: [NIOSSLCertificate],
        in files: TLSFiles
    ) throws(StartFailure) -> Details {
        do {
            let bytes = try certificates.first?.toDERBytes() ?? []
            let certificate = try Certificate(derEncoded: bytes)
            return Details(
                names: Array(try certificate.extensions.subjectAlternativeNames ?? SubjectAlternativeNames()),
                notBefore: WallTime(certificate.notValidBefore),
                notAfter: WallTime(certificate.notValidAfter)
            )
        } catch {
            throw StartFailure(
                "the names and dates of the certificate in \(files.certificate) cannot be read: \(error)"
            )
        }
    }
}
