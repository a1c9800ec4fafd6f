import GatewayKit
import GatewayServer
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Testing

struct CertificateReloadTests {
    private let folder: TLSFolder
    private let log = CapturedLog()

    init() throws {
        folder = try TLSFolder()
    }

    /// Runs a server with the certificate `served`, and stops it.
    private func serving(_ body: (RunningServer, Int) async throws -> Void) async throws {
        let files = try folder.write(try TestCertificate("old.example"), "served")
        let settings = ListenerSettings(
            host: "127.0.0.1",
            port: 0,
            tls: ServerTLS(.files(default: files, others: []))
        )
        let route = Route(name: "r", stages: [ReplyStage()])
        let server = try await GatewayServer(
            listeners: [.init(settings, routing: SingleRoute(route))],
            group: MultiThreadedEventLoopGroup.singleton,
            dataFolder: folder.path,
            logger: log.logger,
            drainTimeout: .milliseconds(200)
        ).start()
        do {
            try await body(server, server.addresses.first?.port ?? 0)
        } catch {
            await server.drain()
            throw error
        }
        await server.drain()
    }

    /// The certificate that a client gets now.
    private func shown(at port: Int) async throws -> [UInt8] {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(context: context, serverHostname: nil)
                    try channel.pipeline.syncOperations.addHandler(tls)
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        // Succeeds after the handshake.
        try await channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        let certificate = try await channel.pipeline.handler(type: NIOSSLClientHandler.self)
            .map { $0.peerCertificate }.get()
        try? await channel.close()
        return try #require(certificate).toDERBytes()
    }

    private func lines(_ level: Logger.Level) -> [CapturedLog.Entry] {
        log.entries.value.filter { $0.level == level }
    }

    @Test func `a certificate that was replaced is shown to new clients once it is looked for`() async throws {
        try await serving { server, port in
            let old = try await shown(at: port)
            let new = try TestCertificate("new.example")
            _ = try folder.write(new, "served")
            #expect(try await shown(at: port) == old)
            server.checkCertificates()
            #expect(try await shown(at: port) == new.der())
            #expect(lines(.error).isEmpty && lines(.warning).isEmpty)
        }
    }

    @Test func `a broken certificate is logged in one line, once, and the old one stays`() async throws {
        try await serving { server, port in
            let old = try await shown(at: port)
            try folder.write("no certificate", to: "served.cert")
            server.checkCertificates()
            server.checkCertificates()
            #expect(try await shown(at: port) == old)
            #expect(lines(.error).count == 1)
            #expect(lines(.error).first?.metadata["error"]?.contains("served.cert") == true)
        }
    }

    @Test func `a certificate that has expired is served with a warning`() async throws {
        try await serving { server, port in
            let expired = try TestCertificate("old.example", until: 1_600_000_000)
            _ = try folder.write(expired, "served")
            server.checkCertificates()
            #expect(try await shown(at: port) == expired.der())
            #expect(lines(.warning).count == 1)
        }
    }
}
