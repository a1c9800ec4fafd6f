import NIOCore
import NIOWebSocket

/// A connection of a client to a `FakeRelay`.
final class FakeRelayHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let relay: FakeRelay

    init(relay: FakeRelay) {
        self.relay = relay
    }

    func handlerAdded(context: ChannelHandlerContext) {
        relay.opened(context.channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        relay.closed(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        switch frame.opcode {
        case .text: relay.received(String(buffer: frame.unmaskedData), on: context.channel)
        case .ping:
            guard !relay.behaviour.ignoresPings else { return }
            let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
            context.writeAndFlush(Self.wrapOutboundOut(pong), promise: nil)
        case .connectionClose: context.close(promise: nil)
        default: break
        }
    }
}
