internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// One HTTP/1.1 connection to an upstream: writes requests, reads responses, one at a time.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case idle
        case awaitingHead
        case readingBody
        /// The response is whole while the request is not: of no more use once the runner lets go.
        case closed
    }

    /// What an upstream's heads may measure: generous, since it is the operator's own.
    private static let limits = MessageLimits(head: .kibibytes(64), fields: 128)

    let entry: UpstreamPool.Entry
    private unowned let pool: UpstreamPool
    private var context: ChannelHandlerContext?
    private var parser = ResponseParser(limits: UpstreamConnection.limits)
    private var phase = Phase.idle
    private var runner: ExchangeRunner?
    private var method = HTTPRequest.Method.get
    private var isChunked = false
    /// Counted by the pool, which learns of its end.
    var isEstablished = false
    private var hasServed = false
    private var hasReceived = false
    private var isReadSuspended = false
    private var isRequestSent = false
    /// Written and not handed to the channel yet: a head and a small body go out in one piece.
    private var pending = ByteBuffer()
    var idleSince = NIODeadline.distantPast

    init(entry: UpstreamPool.Entry, pool: UpstreamPool) {
        self.entry = entry
        self.pool = pool
    }

    var isOpen: Bool {
        if case .closed = phase { return false }
        return context?.channel.isActive ?? false
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// True once the final head has arrived.
    var hasResponded: Bool {
        if case .readingBody = phase { return true }
        return false
    }

    // MARK: Requests

    func begin(for runner: ExchangeRunner) {
        self.runner = runner
        phase = .awaitingHead
        hasReceived = false
        isRequestSent = false
    }

    func sendHead(_ request: RequestHead, edits: RequestEdits, client: ForwardedClient, passesExpectation: Bool) {
        method = request.method
        isChunked = request.body == .unknownLength
        pending.clear(minimumCapacity: 1024)
        RequestWriter.write(
            request,
            edits: edits,
            upstream: entry.upstream,
            client: client,
            passesExpectation: passesExpectation,
            into: &pending
        )
    }

    func sendPart(_ part: ByteBuffer) {
        guard part.readableBytes > 0 else { return }
        if isChunked {
            ChunkedWriter.writeSize(of: part, into: &pending)
        }
        write(part)
        if isChunked {
            pending.writeStaticString("\r\n")
        }
    }

    func sendEnd(trailers: Fields) {
        if isChunked {
            ChunkedWriter.writeEnd(trailers: trailers, into: &pending)
        }
        isRequestSent = true
    }

    func flush() {
        guard let context else { return }
        if pending.readableBytes > 0 {
            context.write(wrapOutboundOut(pending), promise: nil)
            // Before the flush: it may make the channel writable, and with that have more written at once.
            pending.clear(minimumCapacity: 1024)
        }
        context.flush()
    }

    private func write(_ part: ByteBuffer) {
        if part.readableBytes <= 4096 {
            pending.writeImmutableBuffer(part)
            return
        }
        guard let context else { return }
        if pending.readableBytes > 0 {
            context.write(wrapOutboundOut(pending), promise: nil)
            pending.clear(minimumCapacity: 64)
        }
        context.write(wrapOutboundOut(part), promise: nil)
    }

    /// The exchange is over before this response is: the connection is of no more use.
    func abandon() {
        runner = nil
        close()
    }

    func close() {
        phase = .closed
        context?.close(promise: nil)
    }

    func resumeReading() {
        guard isReadSuspended else { return }
        isReadSuspended = false
        context?.read()
    }

    // MARK: Responses

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasReceived = true
        parser.feed(unwrapInboundIn(data))
        parse()
    }

    private func parse() {
        while let runner {
            switch phase {
            case .idle, .closed:
                return
            case .awaitingHead:
                switch parser.nextHead(answering: method) {
                case .incomplete: return
                case .informational(let head): runner.upstreamInformational(head)
                case .response(let head, let body):
                    phase = .readingBody
                    runner.upstreamHead(head, body: body)
                case .fault: fail(.malformed)
                }
            case .readingBody:
                switch parser.nextBody() {
                case .incomplete: return
                case .part(let part): runner.upstreamPart(part)
                case .end(let trailers): end(trailers)
                case .fault: fail(.malformed)
                }
            }
        }
        // Bytes that answer no request: whatever they are, nobody may take them for the next response.
        if parser.buffer.readableBytes > 0 {
            close()
        }
    }

    private func end(_ trailers: Fields) {
        guard let runner else { return }
        self.runner = nil
        if parser.keepsAlive, isRequestSent, parser.buffer.readableBytes == 0, context?.channel.isActive == true {
            hasServed = true
            phase = .idle
            pool.release(self)
        } else {
            close()
        }
        runner.upstreamEnded(trailers: trailers)
    }

    private func fail(_ failure: UpstreamFailure) {
        guard let runner else { return }
        self.runner = nil
        let mayRetry = hasServed && !hasReceived
        close()
        runner.upstreamFailed(failure, mayRetry: mayRetry)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        runner?.upstreamReadComplete()
        if let runner, !runner.takesResponse {
            isReadSuspended = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            runner?.upstreamBecameWritable()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        if case .readingBody = phase, parser.endsWithConnection {
            end(Fields())
        } else {
            fail(.closed)
        }
        phase = .closed
        if isEstablished {
            pool.closed(self)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
