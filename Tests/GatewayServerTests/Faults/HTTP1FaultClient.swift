import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore

/// A client that sends a run's requests one behind the other, and judges what comes back.
final class HTTP1FaultClient: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let run: FaultRun
    private let report: FaultReport
    private var parser = ResponseParser(limits: MessageLimits())
    private var status: Int?
    private var body = ByteBuffer()

    init(_ report: FaultReport) {
        self.report = report
        run = report.run
    }

    // MARK: Sending

    func channelActive(context: ChannelHandlerContext) {
        var bytes = ByteBuffer()
        for index in 0..<run.requestCount {
            writeRequest(index, into: &bytes)
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func writeRequest(_ index: Int, into bytes: inout ByteBuffer) {
        let path = FaultPath(number: run.number, index: index).text
        var body = FaultBody.request(run, index)
        guard body.readableBytes > 0 else {
            bytes.writeString("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            return
        }
        bytes.writeString("POST \(path) HTTP/1.1\r\nHost: a\r\n")
        guard run.request.framing == .chunked, run.clientFault.declared(body.readableBytes) == nil else {
            let length = run.clientFault.declared(body.readableBytes) ?? body.readableBytes
            bytes.writeString("Content-Length: \(length)\r\n\r\n")
            bytes.writeBuffer(&body)
            return
        }
        bytes.writeString("Transfer-Encoding: chunked\r\n\r\n")
        bytes.writeChunks(body, breaks: run.clientFault == .breaksFraming)
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        parser.feed(unwrapInboundIn(data))
        while report.whole < run.requestCount, step() {}
        if report.whole >= run.requestCount { context.close(promise: nil) }
    }

    /// - Returns: true when there may be more to read at once.
    private func step() -> Bool {
        guard let status else {
            switch parser.nextHead(answering: run.request.count == 0 ? .get : .post) {
            case .incomplete: return false
            case .informational: return true
            case .fault: return malformed()
            case .response(let head, _):
                self.status = head.status.code
                body.clear()
                return true
            }
        }
        switch parser.nextBody() {
        case .incomplete: return false
        case .fault: return malformed()
        case .part(let part): body.writeImmutableBuffer(part)
        case .end:
            self.status = nil
            report.answered(report.whole, status: status, body)
        }
        return true
    }

    private func malformed() -> Bool {
        report.fail("the gateway sent what is not HTTP")
        return false
    }

    func channelInactive(context: ChannelHandlerContext) {
        if parser.endsWithConnection, status != nil {
            report.fail("a body that ends with the connection, for a client that knows chunks")
        }
        report.ended()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension ClientFault {
    /// What it says that a body of this length has; `nil` when it does not lie.
    func declared(_ count: Int) -> Int? {
        switch self {
        case .declaresMore(let more): count + more
        case .declaresLess(let less): count - less
        case .none, .wire, .breaksFraming, .resets, .goesAway: nil
        }
    }
}

extension ByteBuffer {
    /// A body of two chunks, with a trailer.
    ///
    /// - Parameter breaks: the second chunk has a size that is none.
    mutating func writeChunks(_ body: ByteBuffer, breaks: Bool) {
        var body = body
        if var first = body.readSlice(length: body.readableBytes / 2), first.readableBytes > 0 {
            writeString("\(String(first.readableBytes, radix: 16))\r\n")
            writeBuffer(&first)
            writeString("\r\n")
        }
        writeString(breaks ? "x\r\n" : "\(String(body.readableBytes, radix: 16))\r\n")
        writeBuffer(&body)
        writeString("\r\n0\r\nX-Sum: 1\r\n\r\n")
    }
}
