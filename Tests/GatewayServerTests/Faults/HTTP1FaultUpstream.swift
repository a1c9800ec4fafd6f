import GatewayKit
import GatewayServer
import NIOCore

/// A connection that an upstream of HTTP/1.1 has accepted: answers each request as its run says.
final class HTTP1FaultUpstream: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let seed: UInt64
    private let ledger: FaultLedger
    private let wire: FaultyWire
    private var parser = RequestParser(scheme: "http", limits: MessageLimits())
    private var run: FaultRun?
    private var index = 0
    private var body = ByteBuffer()
    private var isOver = false

    init(seed: UInt64, _ ledger: FaultLedger, _ wire: FaultyWire) {
        self.seed = seed
        self.ledger = ledger
        self.wire = wire
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        parser.feed(unwrapInboundIn(data))
        while !isOver, step(context) {}
    }

    private func step(_ context: ChannelHandlerContext) -> Bool {
        guard let run else {
            switch parser.nextHead() {
            case .incomplete: return false
            case .fault(let fault): return fail("the gateway's request: \(fault.detail)", context)
            case .request(let request): return begin(request, context)
            }
        }
        switch parser.nextBody() {
        case .incomplete: return false
        case .fault(let fault): return fail("the gateway's request body: \(fault.detail)", context)
        case .part(let part): body.writeImmutableBuffer(part)
        case .end:
            if run.hasExactRequest, body != FaultBody.request(run, index) {
                ledger.fail("request \(index) came with \(body.readableBytes) other bytes", in: run)
            }
            self.run = nil
            answer(run, context)
        }
        return true
    }

    private func begin(_ request: RequestHead, _ context: ChannelHandlerContext) -> Bool {
        guard let path = FaultPath(request.path) else { return fail("a request of no run: \(request.path)", context) }
        let run = FaultRun(seed: seed, number: path.number)
        self.run = run
        index = path.index
        body.clear()
        wire.set(run.upstreamFault.wire, of: run.number)
        guard run.upstreamFault == .answersEarly else { return true }
        answer(run, context)
        isOver = true
        context.close(promise: nil)
        return false
    }

    private func fail(_ reason: String, _ context: ChannelHandlerContext) -> Bool {
        ledger.fail(reason, in: run)
        context.close(promise: nil)
        isOver = true
        return false
    }

    private func answer(_ run: FaultRun, _ context: ChannelHandlerContext) {
        var bytes = ByteBuffer(string: "HTTP/1.1 200 OK\r\n")
        var body = FaultBody.response(run, index)
        if run.response.framing == .untilClose {
            bytes.writeString("Connection: close\r\n\r\n")
            bytes.writeBuffer(&body)
        } else if run.response.framing == .chunked, run.upstreamFault.declared(body.readableBytes) == nil {
            bytes.writeString("Transfer-Encoding: chunked\r\n\r\n")
            if body.readableBytes > 0 {
                bytes.writeChunks(body, breaks: run.upstreamFault == .breaksFraming)
            } else {
                bytes.writeString("0\r\n\r\n")
            }
        } else {
            let length = run.upstreamFault.declared(body.readableBytes) ?? body.readableBytes
            bytes.writeString("Content-Length: \(length)\r\n\r\n")
            bytes.writeBuffer(&body)
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        if run.response.framing == .untilClose {
            isOver = true
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension UpstreamFault {
    /// What it says that a body of this length has; `nil` when it does not lie.
    func declared(_ count: Int) -> Int? {
        switch self {
        case .declaresMore(let more): count + more
        case .declaresLess(let less): count - less
        case .none, .refuses, .slams, .mute, .wire, .breaksFraming, .answersEarly, .resets, .goesAway: nil
        }
    }
}
