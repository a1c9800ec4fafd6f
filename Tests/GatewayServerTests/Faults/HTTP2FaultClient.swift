import GatewayServer
import NIOCore

/// A client that sends a run's requests on a stream each, and judges what comes back.
final class HTTP2FaultClient: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let run: FaultRun
    private let report: FaultReport
    private var machine = HTTP2Connection(.client)
    private var streams: [UInt32: HTTP2FaultStream] = [:]

    init(_ report: FaultReport) {
        self.report = report
        run = report.run
    }

    // MARK: Sending

    func channelActive(context: ChannelHandlerContext) {
        machine.start()
        for index in 0..<run.requestCount {
            open(index)
        }
        if run.clientFault == .goesAway { machine.goAway(isFinal: true) }
        if run.clientFault == .breaksFraming {
            // DATA belongs to a stream (RFC 9113 §6.1).
            machine.output.writeBytes(HTTP2RawFrame.data(0, 10).bytes)
        }
        send(context)
    }

    private func open(_ index: Int) {
        guard let id = machine.openStream() else { return report.fail("a stream cannot be opened") }
        let body = FaultBody.request(run, index)
        let count = body.readableBytes
        var block = [UInt8].literal(":method", count == 0 ? "GET" : "POST")
        block += .literal(":scheme", run.isEncrypted ? "https" : "http") + .literal(":authority", "a")
        block += .literal(":path", FaultPath(number: run.number, index: index).text)
        let declared = run.clientFault.declared(count)
        if count > 0, run.request.framing == .length || declared != nil {
            block += .literal("content-length", "\(declared ?? count)")
        }
        var resetsAfter: Int?
        if case .resets(let after) = run.clientFault { resetsAfter = after }
        machine.writeHeaders(id, endsStream: count == 0 && resetsAfter == nil) { $0.writeBytes(block) }
        var stream = HTTP2FaultStream(run: run, index: index, rest: body, resetsAfter: resetsAfter)
        stream.isSent = count == 0 && resetsAfter == nil
        stream.hasTrailers = run.request.framing == .chunked
        streams[id] = stream
    }

    private func send(_ context: ChannelHandlerContext) {
        for id in streams.keys.sorted() where streams[id]?.send(id, on: &machine) == false {
            streams[id] = nil
        }
        if machine.output.readableBytes > 0 {
            let bytes = machine.output
            machine.output = ByteBuffer()
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        }
        if streams.isEmpty { context.close(promise: nil) }
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        machine.feed(unwrapInboundIn(data), at: .now())
        while step(context) {}
        send(context)
    }

    private func step(_ context: ChannelHandlerContext) -> Bool {
        switch machine.next() {
        case .incomplete: return false
        case .headers(let id, let endsStream):
            let status = machine.headers.status.map { Int(String(buffer: machine.headers.slice($0))) ?? 0 }
            if let status, status >= 200 { streams[id]?.status = status }
            if endsStream { ended(id) }
        case .data(let id, let part, let endsStream):
            streams[id]?.body.writeImmutableBuffer(part)
            machine.consumed(part.readableBytes, of: id)
            if endsStream { ended(id) }
        case .reset(let id, _): streams[id] = nil
        case .streamFault(let id, let code):
            report.fail("the gateway broke stream \(id): \(code)")
            streams[id] = nil
        case .refused, .windowOpened, .settings, .goAway: break
        case .fault(let fault):
            // A preface that is none is answered in HTTP/1.1.
            if !run.clientFault.garbles {
                report.fail("the gateway broke the connection: \(fault.detail)")
            }
            context.close(promise: nil)
            return false
        }
        return true
    }

    private func ended(_ id: UInt32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        report.answered(stream.index, status: stream.status ?? 0, stream.body)
        // What is left of the request is of no more use.
        machine.reset(id, .cancel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        report.ended()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
