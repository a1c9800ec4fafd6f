internal import GatewayKit
internal import NIOCore

/// An HTTP/2 connection on its channel, whichever side of it the gateway is on. Belongs to one event loop.
///
/// Gathers what the streams write, and lets it go out at the end of a turn.
final class HTTP2Wire {
    /// Parts up to this size are copied, so that they go out in one piece with what stands around them.
    private static let mostCopied = 4096

    var machine: HTTP2Connection
    /// `nil` before the channel is there and after it is gone.
    var context: ChannelHandlerContext?
    /// True while events are read: what they lead to is flushed after the last.
    var isReading = false
    private let eventLoop: any EventLoop
    private var isFlushScheduled = false
    /// Streams with something to send and no window for it, in the order in which they get what opens.
    private var starved: [UInt32] = []

    init(_ machine: HTTP2Connection, eventLoop: any EventLoop) {
        self.machine = machine
        self.eventLoop = eventLoop
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    // MARK: Reading

    /// The stream is done with so many bytes of its body.
    func consumed(_ count: Int, of id: UInt32) {
        machine.consumed(count, of: id)
        if !isReading, machine.output.readableBytes > 0 { flush() }
    }

    // MARK: Windows

    /// How many bytes of a body may go out now, in one frame.
    func sendable(_ id: UInt32) -> Int { machine.sendable(id) }

    /// The stream has something to send and no room for it.
    func starve(_ id: UInt32) {
        if !starved.contains(id) { starved.append(id) }
    }

    /// The streams to which a window that has opened is offered. Who still has no room comes back.
    func takeStarved() -> [UInt32] {
        let taken = starved
        starved.removeAll(keepingCapacity: true)
        return taken
    }

    // MARK: Writing

    func writeHeaders(_ id: UInt32, endsStream: Bool, _ encode: (inout ByteBuffer) -> Void) {
        machine.writeHeaders(id, endsStream: endsStream, encode)
    }

    func write(_ frame: HTTP2SendQueue.Frame, of id: UInt32) {
        switch frame {
        case .data(let part, let endsStream):
            writeData(id, part, endsStream: endsStream)
        case .trailers(let trailers):
            writeHeaders(id, endsStream: true) { block in
                HTTP2HeadWriter.write(trailers: trailers, into: &block)
            }
        }
    }

    private func writeData(_ id: UInt32, _ part: ByteBuffer, endsStream: Bool) {
        machine.writeDataHeader(id, count: part.readableBytes, endsStream: endsStream)
        guard part.readableBytes > Self.mostCopied, let context else {
            machine.output.writeImmutableBuffer(part)
            return
        }
        context.write(NIOAny(machine.output), promise: nil)
        machine.output.clear(minimumCapacity: 256)
        context.write(NIOAny(part), promise: nil)
    }

    func reset(_ id: UInt32, _ code: HTTP2ErrorCode) {
        machine.reset(id, code)
        flush()
    }

    /// Writes what has come together by the end of this turn of the event loop: what many streams have goes out in one.
    func flush() {
        guard !isFlushScheduled, context != nil else { return }
        isFlushScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flushNow()
        }
    }

    func flushNow() {
        guard let context else { return }
        if machine.output.readableBytes > 0 {
            context.write(NIOAny(machine.output), promise: nil)
            machine.output.clear(minimumCapacity: 1024)
        }
        context.flush()
    }
}
