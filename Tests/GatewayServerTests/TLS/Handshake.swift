import GatewayServer
import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS

/// A handshake between a client and a server in memory, and what each of them knows after it.
struct Handshake {
    struct Side {
        /// `nil` until the handshake is done; then what ALPN agreed on, if anything.
        let negotiated: String??
        /// What the other one has shown.
        let peer: NIOSSLCertificate?
        let error: (any Error)?

        fileprivate init(_ events: Events, peer: NIOSSLCertificate?) {
            negotiated = events.negotiated
            self.peer = peer
            error = events.error
        }

        var isComplete: Bool { negotiated != nil }
        var applicationProtocol: ApplicationProtocol? { negotiated.map { ApplicationProtocol(negotiated: $0) } }
    }

    let server: Side
    let client: Side

    /// - Parameter name: what the client asks for and verifies, if it does.
    init(server serverContext: NIOSSLContext, client clientContext: NIOSSLContext, name: String?) throws {
        let server = EmbeddedChannel()
        let client = EmbeddedChannel()
        let serverTLS = NIOSSLServerHandler(context: serverContext)
        let clientTLS = try NIOSSLClientHandler(context: clientContext, serverHostname: name)
        let serverEvents = Events()
        let clientEvents = Events()
        try server.pipeline.syncOperations.addHandlers([serverTLS, serverEvents])
        try client.pipeline.syncOperations.addHandlers([clientTLS, clientEvents])
        server.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        client.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 2), promise: nil)
        try Self.exchange(server, client)
        self.server = Side(serverEvents, peer: serverTLS.peerCertificate)
        self.client = Side(clientEvents, peer: clientTLS.peerCertificate)
        client.close(promise: nil)
        try Self.exchange(server, client)
        server.close(promise: nil)
        try Self.exchange(server, client)
    }

    /// With a client that believes whatever it is shown.
    init(
        server: NIOSSLContext,
        name: String?,
        offering protocols: [String] = [],
        versions: ClosedRange<Int> = 2...3
    ) throws {
        let known: [Int: TLSVersion] = [1: .tlsv11, 2: .tlsv12, 3: .tlsv13]
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.applicationProtocols = protocols
        configuration.minimumTLSVersion = known[versions.lowerBound] ?? .tlsv12
        configuration.maximumTLSVersion = known[versions.upperBound]
        try self.init(server: server, client: try NIOSSLContext(configuration: configuration), name: name)
    }

    func isServed(_ certificate: TestCertificate) throws -> Bool {
        try client.isComplete && client.peer?.toDERBytes() == certificate.der()
    }

    private static func exchange(_ server: EmbeddedChannel, _ client: EmbeddedChannel) throws {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            // The server gets its certificate in the turn of the loop after the client's hello.
            server.embeddedEventLoop.run()
            client.embeddedEventLoop.run()
            for (from, to) in [(client, server), (server, client)] {
                while let bytes = try from.readOutbound(as: ByteBuffer.self) {
                    isQuiet = false
                    guard to.isActive else { continue }
                    try to.writeInbound(bytes)
                }
            }
        }
    }

    /// Notes how the handshake went.
    fileprivate final class Events: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private(set) var negotiated: String??
        private(set) var error: (any Error)?

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .handshakeCompleted(let name) = event as? TLSUserEvent {
                negotiated = .some(name)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.error = self.error ?? error
        }
    }
}
