internal import NIOCore
internal import NIOWebSocket

/// The end of a client's pipeline: hands on texts, answers pings, sends them where the server is silent, and ends the
/// connection with a reason. Stands behind an `IdleStateHandler` and a `NIOWebSocketFrameAggregator`.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame
    typealias Inbox = AsyncThrowingStream<String, any Error>.Continuation

    private let inbox: Inbox
    private var waitsForWord = false
    private var hasEnded = false

    /// - Parameter inbox: with a bounded buffer.
    init(inbox: Inbox) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        waitsForWord = false
        let frame = Self.unwrapInboundIn(data)
        switch frame.opcode {
        case .text:
            guard let text = String(validating: frame.unmaskedData.readableBytesView, as: UTF8.self) else {
                return end(context, .notText)
            }
            if case .dropped = inbox.yield(text) { end(context, .tooMuch) }
        case .ping: write(.pong, frame.unmaskedData, context)
        case .connectionClose:
            write(.connectionClose, frame.unmaskedData, context)
            end(context, .closed)
        case .pong: break
        default: end(context, .notText)
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
