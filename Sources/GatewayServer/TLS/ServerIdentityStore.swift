package import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore
package import NIOSSL

/// The certificates of a listener, kept up to date while it serves.
///
/// There is one context for all connections and all time: BoringSSL asks for the certificate in each handshake, on
/// the connection's event loop (`TLSConfiguration.sslContextCallback`), and gets the one that is current then.
/// Connections that are established keep what they have. Apart from that nothing here is for an event loop: it reads
/// files.
package final class ServerIdentityStore: Sendable {
    /// Forward secret and authenticated: what TLS 1.2 has beyond that, HTTP/2 must not be spoken over (RFC 9113
    /// §9.2.2). TLS 1.3 has no others (RFC 8446 §B.4).
    private static let cipherSuites = "ECDH+AESGCM:ECDH+CHACHA20"

    /// For a `NIOSSLServerHandler`.
    package let context: NIOSSLContext

    private let files: (standard: TLSFiles, others: [TLSFiles])
    private let selfSigned: SelfSignedIdentity?
    private let time: TimeSource
    private let current: NIOLockedValueBox<ServerIdentities>
    /// What the last check found wrong. Held while files are read, so that no older reading replaces a newer one.
    private let lastFailure = NIOLockedValueBox<StartFailure?>(nil)

    /// - Parameters:
    ///   - dataFolder: where a self-signed certificate is kept; made when it is needed.
    ///   - protocols: for the client to choose from; of those that it knows the first is taken.
    /// - Throws: `StartFailure` that names the file.
    package init(
        _ tls: ServerTLS,
        dataFolder: String,
        protocols: [ApplicationProtocol] = [.http2, .http1],
        time: TimeSource = .system
    ) throws {
        switch tls.identities {
        case .files(let standard, let others):
            files = (standard, others)
            selfSigned = nil
        case .selfSigned(let names):
            let identity = try SelfSignedIdentity(names: names, dataFolder: dataFolder)
            try identity.renewIfDue(at: time.now())
            files = (identity.files, [])
            selfSigned = identity
        }
        self.time = time
        let identities = ServerIdentities(
            standard: try TLSIdentity(reading: files.standard),
            others: try files.others.map { try TLSIdentity(reading: $0) }
        )
        let current = NIOLockedValueBox(identities)
        self.current = current

        let original = identities.standard
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: original.chain,
            privateKey: original.key
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuites = Self.cipherSuites
        configuration.applicationProtocols = protocols.map(\.rawValue)
        configuration.sslContextCallback = { hello, promise in
            let identity = current.withLockedValue { $0.identity(for: hello.serverHostname) }
            // The context has the original already; giving it again would have BoringSSL parse it again.
            promise.succeed(identity === original ? .noChanges : identity.override)
        }
        context = try NIOSSLContext(configuration: configuration)
    }

    /// Reads what has changed since it was read, and serves it to new connections. After a failure everything stays as
    /// it was.
    ///
    /// - Returns: the warnings that hold now.
    /// - Throws: `StartFailure` that names the file.
    @discardableResult
    package func reload() throws -> [String] {
        try lastFailure.withLockedValue { lastFailure in
            lastFailure = nil
            try load()
            return warnings()
        }
    }

    /// Renews a self-signed certificate that is about to expire, and reloads if a file is not the one that was read.
    /// To be called about once a minute; a failure that lasts is thrown once and tried again each time.
    ///
    /// - Returns: the warnings that hold now, when something was reloaded, and `nil` when not.
    /// - Throws: `StartFailure` that names the file.
    package func checkForChanges() throws -> [String]? {
        try lastFailure.withLockedValue { lastFailure in
            do {
                let isRenewed = try selfSigned?.renewIfDue(at: time.now()) ?? false
                let isCurrent = current.withLockedValue { $0.all }.allSatisfy(\.isCurrent)
                if isCurrent, !isRenewed {
                    lastFailure = nil
                    return nil
                }
                try load()
                lastFailure = nil
                return warnings()
            } catch let failure as StartFailure {
                guard failure != lastFailure else { return nil }
                lastFailure = failure
                throw failure
            }
        }
    }

    /// Why clients are going to refuse what is served now, each reason a sentence for the operator: a certificate that
    /// has expired, has not begun, or has no name.
    package func warnings() -> [String] {
        let now = time.now()
        return current.withLockedValue { $0.all }.flatMap { $0.warnings(at: now) }
    }

    private func load() throws {
        try selfSigned?.renewIfDue(at: time.now())
        let known = current.withLockedValue { $0.all }
        let identities = ServerIdentities(
            standard: try Self.identity(files.standard, known: known),
            others: try files.others.map { try Self.identity($0, known: known) }
        )
        current.withLockedValue { $0 = identities }
    }

    private static func identity(_ files: TLSFiles, known: [TLSIdentity]) throws -> TLSIdentity {
        if let identity = known.first(where: { $0.files == files }), identity.isCurrent { return identity }
        return try TLSIdentity(reading: files)
    }
}

extension TLSIdentity {
    fileprivate var override: NIOSSLContextConfigurationOverride {
        var override = NIOSSLContextConfigurationOverride()
        override.certificateChain = chain
        override.privateKey = key
        return override
    }
}
