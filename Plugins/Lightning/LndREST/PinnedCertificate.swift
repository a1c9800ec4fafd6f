internal import AsyncHTTPClient
internal import GatewayKit
internal import NIOCore
internal import NIOSSL

/// The certificate of one node, which no authority needs to have signed: lnd makes and signs its own.
///
/// Nothing else is trusted, not even what that certificate signed; so the name in it does not matter, and a node can be
/// reached by an address that it did not know when it made its certificate.
struct PinnedCertificate {
    /// What messages call it.
    private let file: String
    private let certificates: [NIOSSLCertificate]

    /// - Throws: `StartFailure` when the file holds no certificate.
    init(file: String) throws {
        self.file = file
        do {
            certificates = try NIOSSLCertificate.fromPEMFile(file)
        } catch {
            throw StartFailure("cannot read the wallet's certificate in \(file): it should be a PEM file")
        }
        guard !certificates.isEmpty else { throw StartFailure("there is no certificate in \(file)") }
    }

    /// The certificates of a text that was read already.
    ///
    /// - Throws: `StartFailure` when it holds none.
    init(pem: String) throws {
        file = "the policy's 'certificate'"
        guard let found = try? NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)), !found.isEmpty else {
            throw StartFailure("there is no certificate in \(file)")
        }
        certificates = found
    }

    func apply(to configuration: inout HTTPClient.Configuration) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(certificates)
        tls.certificateVerification = .noHostnameVerification
        configuration.tlsConfiguration = tls
        // The check below is made on HTTP/1.1 connections.
        configuration.httpVersion = .http1Only
        // Ends before the first request is sent, the macaroon with it.
        configuration.http1_1ConnectionDebugInitializer = { [file, certificates] channel in
            channel.nioSSL_peerCertificate().flatMapThrowing { presented in
                guard let presented, certificates.contains(presented) else {
                    throw LightningFailure(
                        .unavailable,
                        "the wallet's certificate is not the one in \(file)"
                    )
                }
            }
        }
    }
}
