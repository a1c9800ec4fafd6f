import GatewayServer
import NIOCore

/// A connection that an upstream of HTTP/2 has accepted: answers each stream as its run says.
final class HTTP2FaultUpstream: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let seed: UInt64
    private let ledger: FaultLedger
    private let wire: FaultyWire
    private var machine = HTTP2Connection(.server)
    private var streams: [UInt32: HTTP2FaultStream] = [:]
    private var isOver = false
    /// Goes on by the reads: how fast a machine makes the gateway's resets come is not what is tried here.
    private var now = NIODeadline.now()

    init(seed: UInt64, _ ledger: FaultLedger, _ wire: FaultyWire) {
        self.seed = seed
        self.ledger = ledger
        self.wire = wire
    }

    func channelActive(context: ChannelHandlerContext) {
        machine.start()
        send(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        now = now + .seconds(5)
        machine.feed(unwrapInboundIn(data), at: now)
        while !isOver, step() {}
        send(context)
        if isOver { context.close(promise: nil) }
    }

    private func step() -> Bool {
        switch machine.next() {
        case .incomplete: return false
        case .headers(let id, let endsStream):
            if streams[id] == nil {
                begin(id, endsStream: endsStream)
            } else if endsStream {
                requestEnded(id)
            }
        case .data(let id, let part, let endsStream):
            streams[id]?.body.writeImmutableBuffer(part)
            machine.consumed(part.readableBytes, of: id)
            if endsStream { requestEnded(id) }
        case .reset(let id, _): streams[id] = nil
        case .streamFault(let id, let code):
            ledger.fail("the gateway broke an upstream's stream \(id): \(code)", in: streams[id]?.run)
            streams[id] = nil
        case .refused, .windowOpened, .settings, .goAway: break
        case .fault(let fault):
            ledger.fail("the gateway broke an upstream's connection: \(fault.detail)", in: nil)
            isOver = true
        }
        return true
    }

    private func begin(_ id: UInt32, endsStream: Bool) {
        // Trailers may come for a stream that is over.
        guard let range = machine.headers.path else { return }
        let text = String(buffer: machine.headers.slice(range))
        guard let path = FaultPath(text) else { return ledger.fail("a request of no run: \(text)", in: nil) }
        let run = FaultRun(seed: seed, number: path.number)
        streams[id] = HTTP2FaultStream(run: run, index: path.index, rest: ByteBuffer(), isSent: true)
        if run.upstreamFault != .none { wire.set(run.upstreamFault.wire, of: run.number) }
        if run.upstreamFault == .answersEarly {
            answer(id)
            isOver = streams[id]?.isSent == true
        } else if endsStream {
            requestEnded(id)
        }
    }

    private func requestEnded(_ id: UInt32) {
        guard let stream = streams[id] else { return }
        if stream.run.hasExactRequest, stream.body != FaultBody.request(stream.run, stream.index) {
            ledger.fail("request \(stream.index) came with \(stream.body.readableBytes) other bytes", in: stream.run)
        }
        guard stream.run.upstreamFault != .answersEarly else { return }
        answer(id)
    }

    private func answer(_ id: UInt32) {
        guard var stream = streams[id] else { return }
        let run = stream.run
        stream.rest = FaultBody.response(run, stream.index)
        let count = stream.rest.readableBytes
        var block = [UInt8].literal(":status", "200")
        let declared = run.upstreamFault.declared(count)
        if run.response.framing == .length || declared != nil {
            block += .literal("content-length", "\(declared ?? count)")
        }
        if case .resets(let after) = run.upstreamFault { stream.resetsAfter = after }
        stream.isSent = count == 0 && stream.resetsAfter == nil
        stream.hasTrailers = run.response.framing == .chunked
        machine.writeHeaders(id, endsStream: stream.isSent) { $0.writeBytes(block) }
        if case .goesAway(let closes) = run.upstreamFault {
            machine.goAway(isFinal: true)
            isOver = closes
        }
        if run.upstreamFault == .breaksFraming {
            machine.output.writeBytes(HTTP2RawFrame.data(0, 10).bytes)
        }
        streams[id] = stream
    }

    private func send(_ context: ChannelHandlerContext) {
        for id in streams.keys.sorted() where streams[id]?.send(id, on: &machine) == false {
            streams[id] = nil
        }
        for (id, stream) in streams where stream.isSent && stream.sent == stream.run.response.count && stream.sent > 0 {
            streams[id] = nil
        }
        guard machine.output.readableBytes > 0 else { return }
        let bytes = machine.output
        machine.output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
