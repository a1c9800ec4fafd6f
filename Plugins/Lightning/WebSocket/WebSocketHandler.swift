internal import GatewayKit
internal import NIOCore
internal import NIOWebSocket

/// The end of a client's pipeline: hands on texts, answers pings, sends them where the server is silent, and ends the
/// connection with a reason. Stands behind an `IdleStateHandler` and a `NIOWebSocketFrameAggregator`.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame
    typealias Inbox = AsyncThrowingStream<String, any Error>.Continuation

    private let inbox: Inbox
    private let limits: WebSocketLimits
    private var waitsForWord = false
    private var hasEnded = false
    /// The lengths of the texts that wait to be read, and their sum.
    private var waiting = CircularBuffer<Int>()
    private var waitingBytes = 0

    /// - Parameter inbox: has room for as many texts as the limits say.
    init(inbox: Inbox, _ limits: WebSocketLimits) {
        self.inbox = inbox
        self.limits = limits
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        waitsForWord = false
        let frame = Self.unwrapInboundIn(data)
        switch frame.opcode {
        case .text:
            guard let text = String(validating: frame.unmaskedData.readableBytesView, as: UTF8.self) else {
                return end(context, .notText)
            }
            if !handOn(text) { end(context, .tooMuch) }
        case .ping: write(.pong, frame.unmaskedData, context)
        case .connectionClose:
            write(.connectionClose, frame.unmaskedData, context)
            end(context, .closed)
        case .pong: break
        default: end(context, .notText)
        }
    }

    /// - Returns: false when more waits than may.
    private func handOn(_ text: String) -> Bool {
        switch inbox.yield(text) {
        case .dropped: return false
        case .enqueued(let room):
            waiting.append(text.utf8.count)
            waitingBytes += text.utf8.count
            // Texts are read in their order: those that wait are the last ones.
            while waiting.count > limits.mostWaiting - room, let read = waiting.popFirst() { waitingBytes -= read }
            return waitingBytes <= limits.longestWaiting.bytes
        // Nobody reads any more.
        default: return true
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .read = event as? IdleStateHandler.IdleStateEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        guard !waitsForWord else { return end(context, .silent) }
        waitsForWord = true
        write(.ping, ByteBuffer(), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context, .closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(error)
        context.close(promise: nil)
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    }

    private func end(_ context: ChannelHandlerContext, _ failure: WebSocketFailure) {
        finish(failure)
        context.close(promise: nil)
    }

    private func finish(_ failure: any Error) {
        guard !hasEnded else { return }
        hasEnded = true
        inbox.finish(throwing: failure)
    }
}
