import GatewayKit
import GatewayServer
import NIOSSL
import Testing

@Suite struct UpstreamTLSContextsTests {
    private let folder: TLSFolder
    private let contexts = UpstreamTLSContexts()
    private let root: TestCertificate
    private let upstream: TestCertificate

    init() throws {
        folder = try TLSFolder()
        root = try TestCertificate("root", isAuthority: true)
        upstream = try TestCertificate("upstream.example", issuer: root)
        try folder.write(root.chainPEM, to: "roots.pem")
    }

    /// How a connection to the upstream goes.
    private func connect(_ tls: UpstreamTLS, host: String = "upstream.example") throws -> Handshake {
        let files = try folder.write(upstream, "upstream")
        let server = try ServerIdentityStore(
            ServerTLS(.files(default: files, others: [])),
            dataFolder: folder.path
        ).context
        let client = try contexts.context(for: tls, protocols: [.http2, .http1])
        return try Handshake(server: server, client: client, name: tls.name(of: host))
    }

    private func refusal(_ tls: UpstreamTLS) -> String {
        let failure = #expect(throws: StartFailure.self) { _ = try contexts.context(for: tls, protocols: [.http1]) }
        return failure?.description ?? ""
    }

    @Test func `an upstream whose certificate is by the roots is trusted`() throws {
        let handshake = try connect(UpstreamTLS(roots: folder.path("roots.pem")))
        #expect(handshake.client.isComplete && handshake.client.error == nil)
        #expect(handshake.client.applicationProtocol == .http2)
    }

    @Test func `an upstream with another name is not trusted`() throws {
        let handshake = try connect(UpstreamTLS(roots: folder.path("roots.pem")), host: "other.example")
        #expect(!handshake.client.isComplete && handshake.client.error != nil)
    }

    @Test func `the name to verify can be another than the host`() throws {
        let tls = UpstreamTLS(roots: folder.path("roots.pem"), serverName: "upstream.example")
        #expect(try connect(tls, host: "127.0.0.1").client.isComplete)
    }

    @Test func `an upstream whose certificate is by somebody else is not trusted`() throws {
        try folder.write(try TestCertificate("root", isAuthority: true).chainPEM, to: "roots.pem")
        let handshake = try connect(UpstreamTLS(roots: folder.path("roots.pem")))
        #expect(!handshake.client.isComplete && handshake.client.error != nil)
    }

    @Test func `without verification anybody is trusted`() throws {
        #expect(try connect(UpstreamTLS(verifies: false), host: "other.example").client.isComplete)
    }

    @Test func `an upstream that asks is shown the client certificate`() throws {
        let client = try TestCertificate("gateway", issuer: root)
        let tls = UpstreamTLS(roots: folder.path("roots.pem"), certificate: try folder.write(client, "client"))
        var server = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try upstream.tls())],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(upstream.keyPEM.utf8), format: .pem))
        )
        server.certificateVerification = .noHostnameVerification
        server.trustRoots = .certificates([try root.tls()])
        let handshake = try Handshake(
            server: try NIOSSLContext(configuration: server),
            client: try contexts.context(for: tls, protocols: [.http1]),
            name: "upstream.example"
        )
        #expect(handshake.server.isComplete)
        #expect(try handshake.server.peer?.toDERBytes() == client.der())
    }

    @Test func `the same settings have the same context, and others another`() throws {
        let tls = UpstreamTLS(roots: folder.path("roots.pem"))
        let context = try contexts.context(for: tls, protocols: [.http2])
        #expect(try contexts.context(for: tls, protocols: [.http2]) === context)
        #expect(try contexts.context(for: tls, protocols: [.http1]) !== context)
        #expect(try contexts.context(for: UpstreamTLS(verifies: false), protocols: [.http2]) !== context)
    }

    @Test func `a file of roots that is missing or holds none is named`() throws {
        #expect(
            refusal(UpstreamTLS(roots: folder.path("none.pem")))
                == "cannot read \(folder.path)/none.pem, which should hold the certificates to trust:"
                + " No such file or directory"
        )
        try folder.write("no certificate", to: "none.pem")
        #expect(
            refusal(UpstreamTLS(roots: folder.path("none.pem")))
                == "\(folder.path)/none.pem should hold certificates in PEM, each after -----BEGIN CERTIFICATE-----"
        )
    }

    @Test func `a client key that is not the certificate's is named`() throws {
        let files = TLSFiles(
            certificate: try folder.write(upstream.chainPEM, to: "client.cert"),
            key: try folder.write(root.keyPEM, to: "client.key")
        )
        #expect(refusal(UpstreamTLS(certificate: files)).contains("the key in \(files.key) does not belong to"))
    }

    @Test func `an address as the server name is refused`() {
        #expect(refusal(UpstreamTLS(serverName: "192.0.2.1")).contains("192.0.2.1"))
    }

    private static let hosts: [(String, String?, String?)] = [
        ("api.example", nil, "api.example"), ("192.0.2.1", nil, nil), ("::1", "a.example", "a.example"),
    ]

    @Test(arguments: hosts)
    func `an upstream that is known by its address has no name`(host: String, serverName: String?, name: String?) {
        #expect(UpstreamTLS(serverName: serverName).name(of: host) == name)
    }
}
