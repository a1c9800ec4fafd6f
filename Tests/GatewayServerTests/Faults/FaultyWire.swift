import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The end of a connection nearest to the socket, which does to the bytes what a fault says.
final class FaultyWire: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var fault: WireFault
    private(set) var sent = 0
    private(set) var received = 0
    private var waiting = ByteBuffer()
    private var isTrickling = false
    private var isPaused = false
    private var isReadHeld = false
    private var isEnded = false
    private var closesWhenSent = false
    private var garbage: SeededRandom

    /// - Parameter run: who garbles, always in the same way.
    init(_ fault: WireFault = .none, of run: Int = 0) {
        self.fault = fault
        garbage = SeededRandom(seed: UInt64(truncatingIfNeeded: run))
    }

    /// Counts anew.
    func set(_ fault: WireFault, of run: Int) {
        self.fault = fault
        garbage = SeededRandom(seed: UInt64(truncatingIfNeeded: run))
        sent = 0
        received = 0
    }

    var state: String { "\(sent) bytes sent, \(received) received, \(waiting.readableBytes) waiting" }

    // MARK: Sending

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        waiting.writeImmutableBuffer(unwrapOutboundIn(data))
        promise?.succeed()
    }

    func flush(context: ChannelHandlerContext) {
        guard !isEnded else { return waiting.clear() }
        switch fault {
        case .none, .endsAfterReceiving, .pausesAfterReceiving:
            send(waiting.readableBytes, context)
        case .endsAfterSending(let count, let how):
            send(count - sent, context)
            if sent >= count { end(how, context) }
        case .stallsAfterSending(let count):
            send(count - sent, context)
        case .garblesAfterSending(let count):
            send(count - sent, context)
            guard sent >= count else { return }
            for index in waiting.readerIndex..<waiting.writerIndex {
                waiting.setInteger(UInt8.random(in: .min ... .max, using: &garbage), at: index)
            }
            send(waiting.readableBytes, context)
        case .trickles(let piece, let milliseconds):
            trickle(piece, .milliseconds(milliseconds), context)
        }
        if waiting.readableBytes == 0 { waiting.clear() }
    }

    private func send(_ most: Int, _ context: ChannelHandlerContext) {
        let count = min(waiting.readableBytes, most)
        guard count > 0, let bytes = waiting.readSlice(length: count) else { return }
        sent += count
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func trickle(_ piece: Int, _ delay: TimeAmount, _ context: ChannelHandlerContext) {
        guard !isTrickling else { return }
        send(piece, context)
        guard waiting.readableBytes > 0 else {
            waiting.clear()
            if closesWhenSent { context.close(promise: nil) }
            return
        }
        isTrickling = true
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.isTrickling = false
            guard context.channel.isActive else { return }
            self.trickle(piece, delay, context)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all, isTrickling else { return context.close(mode: mode, promise: promise) }
        closesWhenSent = true
        promise?.succeed()
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnded else { return }
        let bytes = unwrapInboundIn(data)
        received += bytes.readableBytes
        switch fault {
        case .endsAfterReceiving(let count, let how) where received >= count:
            end(how, context)
        case .pausesAfterReceiving(let count, let milliseconds) where received >= count && !isPaused:
            fault = .none
            pause(.milliseconds(milliseconds), context)
        default: break
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        if isPaused { isReadHeld = true } else { context.read() }
    }

    private func pause(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        isPaused = true
        context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            self.isPaused = false
            guard self.isReadHeld, context.channel.isActive else { return }
            self.isReadHeld = false
            context.read()
        }
    }

    private func end(_ how: WireFault.End, _ context: ChannelHandlerContext) {
        guard !isEnded else { return }
        isEnded = true
        switch how {
        case .close: context.close(promise: nil)
        case .halfClose: context.close(mode: .output, promise: nil)
        case .reset:
            if let socket = context.channel as? any SocketOptionProvider {
                socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
            }
            context.close(promise: nil)
        }
    }

    // MARK: The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
