package import GatewayKit
internal import NIOConcurrencyHelpers
package import NIOSSL

/// How to connect to upstreams that speak TLS: one context for all upstreams with the same settings.
///
/// Files are read once: a client certificate that is replaced is used after the next start.
package final class UpstreamTLSContexts: Sendable {
    private struct Settings: Hashable {
        let tls: UpstreamTLS
        let protocols: [ApplicationProtocol]
    }

    private let contexts = NIOLockedValueBox<[Settings: NIOSSLContext]>([:])

    package init() {}

    /// For a `NIOSSLClientHandler`, whose server name is `UpstreamTLS.name(of:)`. The first call for an upstream reads
    /// files and is not for an event loop.
    ///
    /// - Parameter protocols: to offer, the preferred one first.
    /// - Throws: `StartFailure` that names the file.
    package func context(for tls: UpstreamTLS, protocols: [ApplicationProtocol]) throws -> NIOSSLContext {
        let settings = Settings(tls: tls, protocols: protocols)
        if let context = contexts.withLockedValue({ $0[settings] }) { return context }
        let context = try Self.makeContext(settings)
        return contexts.withLockedValue { contexts in
            // Another thread may have been first; its context may be in use.
            let context = contexts[settings] ?? context
            contexts[settings] = context
            return context
        }
    }

    private static func makeContext(_ settings: Settings) throws(StartFailure) -> NIOSSLContext {
        let tls = settings.tls
        if let name = tls.serverName, IPAddress(name) != nil {
            throw StartFailure("the upstream's TLS server name must be a host name, not the IP address \(name)")
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = settings.protocols.map(\.rawValue)
        configuration.certificateVerification = tls.verifies ? .fullVerification : .none
        if let roots = tls.roots {
            let file = try PEMFile(reading: roots, content: "the certificates to trust")
            configuration.trustRoots = .certificates(try file.certificates())
        }
        if let files = tls.certificate {
            let identity = try TLSIdentity(reading: files)
            configuration.certificateChain = identity.chain
            configuration.privateKey = identity.key
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            guard let roots = tls.roots else {
                throw StartFailure(
                    "the certificates that this system trusts were not found; install the package ca-certificates,"
                        + " or name a file with the upstream's roots"
                )
            }
            throw StartFailure("the certificates in \(roots) cannot be used as roots: \(error)")
        }
    }
}
