import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One end of a TCP connection that sends and receives bytes as they are: a client, or what an upstream accepted.
final class RawConnection: Sendable {
    struct Received: Sendable, CustomStringConvertible {
        var bytes: [UInt8] = []
        /// How many of `bytes` were returned as messages already.
        var taken = 0
        /// All that came, also when it was not kept.
        var count = 0
        /// The peer has sent its last byte.
        var isEnded = false
        /// The connection is gone, by a reset also.
        var isClosed = false

        var description: String {
            "\(count) bytes, ended \(isEnded), closed \(isClosed): \(String(decoding: bytes.dropFirst(taken), as: UTF8.self))"
        }
    }

    private let channel: any Channel
    let received: Watched<Received>

    private init(_ channel: any Channel, _ received: Watched<Received>) {
        self.channel = channel
        self.received = received
    }

    /// - Parameters:
    ///   - reads: false: takes nothing from the kernel before `startReading`.
    ///   - keeps: false: counts what comes and forgets it.
    static func connect(to port: Int, reads: Bool = true, keeps: Bool = true) async throws -> RawConnection {
        let received = Watched(Received())
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Receiver(received, keeps: keeps))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        return RawConnection(channel, received)
    }

    /// For a channel that a listener accepted, in its initializer.
    static func accepted(_ channel: any Channel, keeps: Bool) throws -> RawConnection {
        let received = Watched(Received())
        try channel.pipeline.syncOperations.addHandler(Receiver(received, keeps: keeps))
        return RawConnection(channel, received)
    }

    // MARK: Sending

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Sends as fast as the peer takes it, and counts what the kernel took.
    func pour(_ chunk: ByteBuffer, times: Int, counting written: Watched<Int>) async throws {
        for _ in 0..<times {
            try await channel.writeAndFlush(chunk)
            written.update { $0 += chunk.readableBytes }
        }
    }

    func endSending() async throws {
        try await channel.close(mode: .output)
    }

    func close() async {
        try? await channel.close()
    }

    /// Closes so that the peer gets a reset instead of an end.
    func reset() async throws {
        if let socket = channel as? any SocketOptionProvider {
            try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        await close()
    }

    func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
    }

    // MARK: Receiving

    func request() async throws -> WireMessage {
        try await message(.request)
    }

    func response() async throws -> WireMessage {
        try await message(.response)
    }

    func message(_ kind: WireMessage.Kind) async throws -> WireMessage {
        let state = try await received.wait(for: "a whole \(kind)") { state in
            let rest = state.bytes[state.taken...]
            return state.isEnded || WireMessage.first(in: rest, kind, isClosed: false) != nil
        }
        let rest = state.bytes[state.taken...]
        guard let first = WireMessage.first(in: rest, kind, isClosed: state.isEnded) else {
            throw NeverHappened("a whole \(kind)", "\(state)")
        }
        received.update { $0.taken += first.length }
        return first.message
    }

    /// Waits for the peer's last byte.
    ///
    /// - Returns: what came and was not taken as messages.
    func end() async throws -> String {
        let state = try await received.wait(for: "the end of the connection") { $0.isEnded }
        return String(decoding: state.bytes[state.taken...], as: UTF8.self)
    }
}

private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let received: Watched<RawConnection.Received>
    private let keeps: Bool

    init(_ received: Watched<RawConnection.Received>, keeps: Bool) {
        self.received = received
        self.keeps = keeps
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        received.update {
            $0.count += bytes.readableBytes
            if keeps {
                $0.bytes.append(contentsOf: bytes.readableBytesView)
            }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            received.update { $0.isEnded = true }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        received.update {
            $0.isEnded = true
            $0.isClosed = true
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
