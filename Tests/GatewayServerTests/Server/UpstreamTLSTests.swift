import GatewayKit
import GatewayServer
import NIOCore
import NIOPosix
import NIOSSL
import Testing

/// Connections to an upstream that speaks TLS, with a certificate that the test's own root signed.
@Suite struct UpstreamTLSTests {
    private let folder: TLSFolder
    private let root: TestCertificate
    private let certificate: TestCertificate

    init() throws {
        folder = try TLSFolder()
        root = try TestCertificate("root", isAuthority: true)
        certificate = try TestCertificate("localhost", "upstream.example", issuer: root)
        try folder.write(root.chainPEM, to: "roots.pem")
        try folder.write(try TestCertificate("other", isAuthority: true).chainPEM, to: "others.pem")
    }

    /// What a client gets from an upstream behind such settings.
    private func status(
        of tls: UpstreamTLS,
        host: String = "127.0.0.1",
        transport: Upstream.Transport = .http1,
        asksForCertificate: Bool = false
    ) async throws -> Int {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try certificate.tls())],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(certificate.keyPEM.utf8), format: .pem))
        )
        configuration.applicationProtocols = ["http/1.1"]
        if asksForCertificate {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates([try root.tls()])
        }
        let context = try NIOSSLContext(configuration: configuration)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.addHandler(Answering())
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let upstream = Upstream(
            name: "encrypted",
            host: host,
            port: listener.localAddress?.port ?? 0,
            transport: transport,
            tls: tls
        )
        let status = Watched(0)
        try await Gateway.serving([ForwardStage(upstream)]) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try await client.response()
            status.update { $0 = response.status }
        }
        try await listener.close()
        return status.value
    }

    private var roots: String { folder.path("roots.pem") }

    @Test(arguments: [Upstream.Transport.http1, .negotiated])
    func `an upstream whose certificate names its host is served from`(transport: Upstream.Transport) async throws {
        #expect(try await status(of: UpstreamTLS(roots: roots), host: "localhost", transport: transport) == 200)
    }

    @Test func `an upstream that does not speak HTTP 2 where only that is spoken is 502`() async throws {
        #expect(try await status(of: UpstreamTLS(roots: roots), host: "localhost", transport: .http2) == 502)
    }

    @Test func `an upstream with another name is 502`() async throws {
        #expect(try await status(of: UpstreamTLS(roots: roots)) == 502)
        #expect(try await status(of: UpstreamTLS(roots: roots, serverName: "other.example")) == 502)
    }

    @Test func `an upstream whose certificate is by somebody else is 502`() async throws {
        #expect(try await status(of: UpstreamTLS(), host: "localhost") == 502)
        #expect(try await status(of: UpstreamTLS(roots: folder.path("others.pem")), host: "localhost") == 502)
    }

    @Test func `the name to verify can be another than the host`() async throws {
        #expect(try await status(of: UpstreamTLS(roots: roots, serverName: "upstream.example")) == 200)
    }

    @Test func `without verification anybody is served from`() async throws {
        #expect(try await status(of: UpstreamTLS(verifies: false)) == 200)
    }

    @Test func `an upstream that asks for a certificate is shown the gateway's`() async throws {
        let files = try folder.write(try TestCertificate("gateway", issuer: root), "gateway")
        let shown = UpstreamTLS(roots: roots, certificate: files)
        #expect(try await status(of: shown, host: "localhost", asksForCertificate: true) == 200)
        let none = UpstreamTLS(roots: roots)
        #expect(try await status(of: none, host: "localhost", asksForCertificate: true) == 502)
    }
}

/// Answers every read with a response: what it is sent comes in one piece.
private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: .ok())), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
