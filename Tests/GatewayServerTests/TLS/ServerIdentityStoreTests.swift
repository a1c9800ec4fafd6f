import GatewayKit
import GatewayServer
import GatewayTesting
import NIOSSL
import Testing

@Suite struct ServerIdentityStoreTests {
    private let folder: TLSFolder
    private let time = ManualTime()

    init() throws {
        folder = try TLSFolder()
    }

    private func store(_ standard: TLSFiles, _ others: TLSFiles...) throws -> ServerIdentityStore {
        try ServerIdentityStore(
            ServerTLS(.files(default: standard, others: others)),
            dataFolder: folder.path,
            time: time.source
        )
    }

    private func refusal(_ body: () throws -> Void) -> String {
        let failure = #expect(throws: StartFailure.self) { try body() }
        return failure?.description ?? ""
    }

    // MARK: Choosing

    @Test func `a client gets the certificate of the name that it asks for`() throws {
        let standard = try TestCertificate("default.example")
        let exact = try TestCertificate("api.example.com", "other.example")
        let wildcard = try TestCertificate("*.example.com")
        let context = try store(
            folder.write(standard, "standard"),
            folder.write(exact, "exact"),
            folder.write(wildcard, "wildcard")
        ).context
        #expect(try Handshake(server: context, name: "default.example").isServed(standard))
        #expect(try Handshake(server: context, name: "api.example.com").isServed(exact))
        #expect(try Handshake(server: context, name: "other.example").isServed(exact))
        #expect(try Handshake(server: context, name: "www.example.com").isServed(wildcard))
        #expect(try Handshake(server: context, name: "unknown.example").isServed(standard))
        #expect(try Handshake(server: context, name: nil).isServed(standard))
    }

    @Test(arguments: [2...2, 3...3])
    func `TLS 1.2 and 1.3 are spoken`(versions: ClosedRange<Int>) throws {
        let other = try TestCertificate("b.example")
        let context = try store(
            folder.write(try TestCertificate("a.example"), "a"),
            folder.write(other, "b")
        ).context
        #expect(try Handshake(server: context, name: "b.example", versions: versions).isServed(other))
    }

    @Test func `a client that knows TLS 1.1 at the most is refused`() throws {
        let context = try store(folder.write(try TestCertificate("a.example"), "a")).context
        let handshake = try Handshake(server: context, name: "a.example", versions: 1...1)
        #expect(!handshake.server.isComplete && handshake.server.error != nil)
    }

    @Test func `the certificates that signed the chosen one go with it`() throws {
        let root = try TestCertificate("root", isAuthority: true)
        let middle = try TestCertificate("middle", issuer: root, isAuthority: true)
        let leaf = try TestCertificate("leaf.example", issuer: middle)
        let context = try store(
            folder.write(try TestCertificate("default.example"), "standard"),
            folder.write(leaf, "leaf")
        ).context
        var client = TLSConfiguration.makeClientConfiguration()
        client.trustRoots = .certificates([try root.tls()])
        let handshake = try Handshake(
            server: context,
            client: try NIOSSLContext(configuration: client),
            name: "leaf.example"
        )
        #expect(handshake.client.error == nil)
        #expect(try handshake.isServed(leaf))
    }

    // MARK: Application protocols

    private static let offers: [([String], String?)] = [
        (["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (["http/1.1"], "http/1.1"), ([], nil),
        (["spdy/3"], nil),
    ]

    @Test(arguments: offers)
    func `HTTP/2 is agreed on when the client knows it`(offer: [String], agreed: String?) throws {
        let context = try store(folder.write(try TestCertificate("a.example"), "a")).context
        let handshake = try Handshake(server: context, name: "a.example", offering: offer)
        #expect(handshake.server.negotiated == .some(agreed))
        #expect(handshake.client.negotiated == .some(agreed))
        #expect(handshake.server.applicationProtocol == (agreed == "h2" ? .http2 : .http1))
    }

    // MARK: Reloading

    @Test func `new connections get the new certificate, under its own names`() throws {
        let (first, second) = (try TestCertificate("a.example"), try TestCertificate("b.example"))
        let standard = try TestCertificate("default.example")
        let store = try store(folder.write(standard, "standard"), folder.write(first, "changing"))
        _ = try folder.write(second, "changing")
        #expect(try store.checkForChanges() == [])
        #expect(try Handshake(server: store.context, name: "b.example").isServed(second))
        #expect(try Handshake(server: store.context, name: "a.example").isServed(standard))
    }

    @Test func `the default certificate is replaced too`() throws {
        let store = try store(folder.write(try TestCertificate("a.example"), "a"))
        let second = try TestCertificate("a.example")
        _ = try folder.write(second, "a")
        #expect(try store.reload() == [])
        #expect(try Handshake(server: store.context, name: nil).isServed(second))
    }

    @Test func `nothing is reloaded while the files are the same`() throws {
        let store = try store(folder.write(try TestCertificate("a.example"), "a"))
        #expect(try store.checkForChanges() == nil)
    }

    @Test(arguments: ["a.cert", "a.key"])
    func `a broken file is named and the old certificate kept`(file: String) throws {
        let first = try TestCertificate("a.example")
        let store = try store(folder.write(first, "a"))
        try folder.write("-----BEGIN NONSENSE-----", to: file)
        #expect(refusal { _ = try store.checkForChanges() }.contains(folder.path(file)))
        #expect(refusal { try store.reload() }.contains(folder.path(file)))
        #expect(try Handshake(server: store.context, name: "a.example").isServed(first))
    }

    @Test func `one broken pair keeps all pairs as they were`() throws {
        let (first, other) = (try TestCertificate("a.example"), try TestCertificate("b.example"))
        let store = try store(folder.write(first, "a"), folder.write(other, "b"))
        _ = try folder.write(try TestCertificate("a.example"), "a")
        try folder.write("", to: "b.cert")
        #expect(refusal { try store.reload() } == "\(folder.path)/b.cert should hold a certificate but is empty")
        #expect(try Handshake(server: store.context, name: "a.example").isServed(first))
        #expect(try Handshake(server: store.context, name: "b.example").isServed(other))
    }

    @Test func `a failure that lasts is told once, and its end is noticed`() throws {
        let first = try TestCertificate("a.example")
        let store = try store(folder.write(first, "a"))
        // As between the two writes of a program that renews it.
        let second = try TestCertificate("a.example")
        try folder.write(second.chainPEM, to: "a.cert")
        #expect(refusal { _ = try store.checkForChanges() }.contains("does not belong to"))
        #expect(try store.checkForChanges() == nil)
        try folder.write(second.keyPEM, to: "a.key")
        #expect(try store.checkForChanges() == [])
        #expect(try Handshake(server: store.context, name: "a.example").isServed(second))
    }

    // MARK: Refusing and warning

    @Test func `a key that belongs to another certificate is refused`() throws {
        let files = TLSFiles(
            certificate: try folder.write(try TestCertificate("a.example").chainPEM, to: "a.cert"),
            key: try folder.write(try TestCertificate("b.example").keyPEM, to: "b.key")
        )
        let message = refusal { _ = try store(files) }
        #expect(
            message == "the key in \(files.key) does not belong to the certificate in \(files.certificate), where the"
                + " server's own certificate must come first"
        )
    }

    @Test func `a file that is missing is named`() throws {
        let files = TLSFiles(certificate: folder.path("none.cert"), key: folder.path("none.key"))
        #expect(
            refusal { _ = try store(files) }
                == "cannot read \(files.certificate), which should hold a certificate: No such file or directory"
        )
    }

    @Test func `an encrypted key is refused as such`() throws {
        var files = try folder.write(try TestCertificate("a.example"), "a")
        files = TLSFiles(
            certificate: files.certificate,
            key: try folder.write(
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAwAA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
                to: "a.key"
            )
        )
        #expect(
            refusal { _ = try store(files) }
                == "the private key in \(files.key) is encrypted; it must be stored without a passphrase"
        )
    }

    @Test func `every beginning of a pair is refused or served, and nothing traps`() throws {
        let certificate = try TestCertificate("a.example")
        let files = try folder.write(certificate, "a")
        for count in stride(from: 0, to: certificate.keyPEM.utf8.count, by: 7) {
            try folder.write(String(certificate.keyPEM.prefix(count)), to: "a.key")
            _ = try? store(files)
        }
        try folder.write(certificate.keyPEM, to: "a.key")
        for count in stride(from: 0, to: certificate.chainPEM.utf8.count, by: 7) {
            try folder.write(String(certificate.chainPEM.prefix(count)), to: "a.cert")
            _ = try? store(files)
        }
    }

    @Test func `a certificate that has expired is served with a warning`() throws {
        let expired = try TestCertificate("a.example", until: 1_767_225_600)
        let store = try store(folder.write(expired, "a"))
        #expect(store.warnings() == [])
        time.advance(by: .seconds(1))
        #expect(
            store.warnings()
                == ["the certificate in \(folder.path)/a.cert expired on Thu, 01 Jan 2026 00:00:00 GMT"]
        )
        #expect(try Handshake(server: store.context, name: "a.example").isServed(expired))
    }

    @Test func `a certificate that has not begun or has no name is warned of`() throws {
        let store = try store(
            folder.write(try TestCertificate("a.example", from: 1_767_225_601), "future"),
            folder.write(try TestCertificate(), "nameless")
        )
        #expect(
            try store.reload() == [
                "the certificate in \(folder.path)/future.cert starts on Thu, 01 Jan 2026 00:00:01 GMT",
                "the certificate in \(folder.path)/nameless.cert is for no host name and no IP address",
            ]
        )
    }

    // MARK: Self-signed

    @Test func `a self-signed certificate is made, served, and renewed while the gateway runs`() throws {
        let store = try ServerIdentityStore(
            ServerTLS(.selfSigned(names: ["gateway.example"])),
            dataFolder: folder.path("data"),
            time: time.source
        )
        let first = try folder.text("data/tls.cert")
        #expect(try served(by: store) == first)
        #expect(try store.checkForChanges() == nil)
        time.advance(by: .seconds(400 * 86_400))
        #expect(try store.checkForChanges() == [])
        let second = try folder.text("data/tls.cert")
        #expect(second != first)
        #expect(try served(by: store) == second)
        #expect(try store.checkForChanges() == nil)
    }

    private func served(by store: ServerIdentityStore) throws -> String? {
        let handshake = try Handshake(server: store.context, name: "gateway.example")
        return try handshake.client.peer.map { try TestCertificate.pem(of: $0) }
    }
}
