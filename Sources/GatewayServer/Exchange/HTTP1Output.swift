internal import NIOCore

/// A connection of HTTP/1.1, to a client or to an upstream, that puts small pieces together: a head and a small body go
/// out as one, at the end of the turn.
protocol HTTP1Output: ChannelInboundHandler, Flushing where OutboundOut == ByteBuffer {
    var context: ChannelHandlerContext? { get }
    var flushes: FlushQueue { get }
    /// Written and not handed to the channel yet.
    var pending: ByteBuffer { get set }
    var isFlushDue: Bool { get set }
}

extension HTTP1Output {
    /// At the end of the turn, unless so much waits that the other side should stop.
    func flush() {
        guard let context else { return }
        guard context.channel.isWritable else { return flushNow() }
        guard !isFlushDue else { return }
        isFlushDue = true
        flushes.add(self)
    }

    func flushDue() {
        if isFlushDue { flushNow() }
    }

    func flushNow() {
        isFlushDue = false
        guard let context else { return }
        guard pending.readableBytes > 0 else { return context.flush() }
        // Out of `pending` before the flush: it may make the channel writable, and with that have more written at once.
        let written = pending.takeAll()
        context.writeAndFlush(wrapOutboundOut(written), promise: nil)
        pending.reuse(written)
    }

    func write(_ part: ByteBuffer) {
        let isSmall = part.readableBytes <= 4_096
        // The channel gets what is put together, and counts it, before it becomes much.
        if isSmall, pending.readableBytes <= 16 * 1_024 {
            pending.writeImmutableBuffer(part)
            return
        }
        guard let context else { return }
        writePending(to: context)
        if isSmall {
            pending.writeImmutableBuffer(part)
        } else {
            context.write(wrapOutboundOut(part), promise: nil)
        }
    }

    private func writePending(to context: ChannelHandlerContext) {
        guard pending.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(pending), promise: nil)
        pending.clear(minimumCapacity: 64)
    }
}
