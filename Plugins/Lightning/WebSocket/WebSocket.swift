internal import GatewayKit
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import NIOWebSocket

/// A connection to a WebSocket server (RFC 6455), for texts.
package final class WebSocket: Sendable {
    /// What the server says, in its order. Ends by throwing, with the connection. For one reader.
    package let texts: AsyncThrowingStream<String, any Error>
    private let channel: any Channel

    private init(_ channel: any Channel, texts: AsyncThrowingStream<String, any Error>) {
        self.channel = channel
        self.texts = texts
    }

    /// Connects, within the limits.
    ///
    /// - Parameters:
    ///   - fields: go with the handshake, beside those that it needs.
    ///   - authorities: whose certificates are trusted, whatever name is in them; `nil`: those that this system trusts.
    /// - Throws: why there is no connection.
    package static func connect(
        to address: WebSocketAddress,
        fields: [(name: String, value: String)] = [],
        limits: WebSocketLimits = WebSocketLimits(),
        authorities: NodeAuthorities? = nil
    ) async throws -> WebSocket {
        let tls = try address.isSecure ? context(authorities) : nil
        let (texts, inbox) = AsyncThrowingStream<String, any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(limits.mostWaiting)
        )
        let upgrade = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(limits.connecting))
            .connect(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture { () throws -> EventLoopFuture<(any Channel)?> in
                    if let tls {
                        let name = IPAddress(address.host) == nil ? address.host : nil
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: name)
                        )
                    }
                    return try configure(channel, for: address, fields, limits, inbox)
                }
            }
        guard let channel = try await upgrade.get() else { throw WebSocketFailure.refused }
        return WebSocket(channel, texts: texts)
    }

    /// Sends a text, unless the server reads so slowly that it would have to wait here.
    ///
    /// - Returns: false where it was not sent.
    package func send(_ text: String) -> Bool {
        guard channel.isActive, channel.isWritable else { return false }
        let frame = WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(string: text))
        channel.writeAndFlush(frame, promise: nil)
        return true
    }

    /// True once nothing can be sent or heard any more; what was heard may still be read.
    package var hasEnded: Bool { !channel.isActive }

    package func close() {
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: ByteBuffer())
        channel.writeAndFlush(frame, promise: nil)
        channel.close(promise: nil)
    }

    // MARK: Connecting

    private static func context(_ authorities: NodeAuthorities?) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        authorities?.apply(to: &configuration)
        return try NIOSSLContext(configuration: configuration)
    }

    /// - Returns: what becomes of the handshake: `nil` where the server does not go along.
    private static func configure(
        _ channel: any Channel,
        for address: WebSocketAddress,
        _ fields: [(name: String, value: String)],
        _ limits: WebSocketLimits,
        _ inbox: WebSocketHandler.Inbox
    ) throws -> EventLoopFuture<(any Channel)?> {
        let upgrader = NIOTypedWebSocketClientUpgrader<(any Channel)?>(
            maxFrameSize: limits.longestMessage.bytes,
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture { () throws -> (any Channel)? in
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(readTimeout: TimeAmount(limits.silence)))
                    try pipeline.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 1,
                            maxAccumulatedFrameCount: limits.mostFragments,
                            maxAccumulatedFrameSize: limits.longestMessage.bytes
                        )
                    )
                    try pipeline.addHandler(WebSocketHandler(inbox: inbox, limits))
                    return channel
                }
            }
        )
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.target)
        head.headers.add(name: "Host", value: address.authority)
        for field in fields { head.headers.add(name: field.name, value: field.value) }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: head,
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.close(promise: nil)
                    return channel.eventLoop.makeSucceededFuture(nil)
                }
            )
        )
        // What a server says in the same breath as its consent.
        configuration.leftOverBytesStrategy = .forwardBytes
        let upgrade = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
            configuration: configuration
        )
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limits.connecting)) {
            channel.close(promise: nil)
        }
        upgrade.whenComplete { result in
            deadline.cancel()
            if case .failure = result { channel.close(promise: nil) }
        }
        return upgrade
    }
}
