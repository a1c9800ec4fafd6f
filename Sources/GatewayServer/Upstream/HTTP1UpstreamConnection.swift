internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// One HTTP/1.1 connection to an upstream: writes requests, reads responses, one at a time.
final class HTTP1UpstreamConnection: ChannelInboundHandler, UpstreamExchange, HTTP1Output {
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

    let endpoint: PooledEndpoint
    /// Kept until the connection is gone, which may be after the server is.
    private let pool: UpstreamPool
    private(set) var context: ChannelHandlerContext?
    private var parser = ResponseParser(limits: HTTP1UpstreamConnection.limits)
    private var phase = Phase.idle
    private var runner: ExchangeRunner?
    private var method = HTTPRequest.Method.get
    private var isChunked = false
    private var opensWebSocket = false
    /// Ours, for a client that has none.
    private var webSocketKey: String?
    /// Counted by the pool, which learns of its end.
    var isEstablished = false
    private var hasServed = false
    private var hasReceived = false
    private var isReadSuspended = false
    /// The runner held the response before all that had arrived was told.
    private var isHeld = false
    private var isRequestSent = false
    var pending = ByteBuffer()
    var isFlushDue = false
    var establishedAt = NIODeadline.distantPast
    var idleSince = NIODeadline.distantPast

    init(endpoint: PooledEndpoint, pool: UpstreamPool) {
        self.endpoint = endpoint
        self.pool = pool
    }

    var upstream: Upstream { endpoint.upstream }
    var flushes: FlushQueue { pool.flushes }

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
        isHeld = false
    }

    func sendHead(_ request: RequestHead, edits: RequestEdits, client: ForwardedClient, passesExpectation: Bool) {
        method = request.method
        isChunked = edits.body(of: request) == .unknownLength
        opensWebSocket = request.opensWebSocket
        let hasKey = request.fields.firstIndex(of: .secWebSocketKey) != nil
        webSocketKey = opensWebSocket && !hasKey ? WebSocketKey.random() : nil
        pending.clear(minimumCapacity: 1024)
        RequestWriter(
            request: request,
            edits: edits,
            upstream: endpoint.upstream,
            client: client,
            passesExpectation: passesExpectation,
            webSocketKey: webSocketKey
        ).write(into: &pending)
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
        if opensWebSocket, hasResponded {
            flushNow()
            context?.close(mode: .output, promise: nil)
        }
    }

    /// Whether the upstream has read the key that is ours (RFC 6455 §4.1); a client's own is the client's to check.
    private func isAccepted(_ head: ResponseHead) -> Bool {
        guard let webSocketKey else { return true }
        return head.fields[FieldName(.secWebSocketAccept)] == WebSocketKey.acceptance(of: webSocketKey)
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
        if isHeld {
            isHeld = false
            parse()
            runner?.upstreamReadComplete()
            if context == nil, !isHeld { connectionEnded() }
        }
        guard isReadSuspended, runner?.takesResponse != false else { return }
        isReadSuspended = false
        context?.read()
    }

    // MARK: Responses

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { context.read() }
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
                switch parser.nextHead(answering: method, allowsWebSocket: opensWebSocket) {
                case .incomplete: return
                case .informational(let head): runner.upstreamInformational(head)
                case .response(var head, let body):
                    guard body != .tunnel || isAccepted(head) else { return fail(.malformed) }
                    phase = .readingBody
                    runner.upstreamHead(head, body: body)
                    parser.reuse(head.fields.releaseLines())
                case .fault: fail(.malformed)
                }
            case .readingBody:
                guard !runner.holdsResponse else {
                    isHeld = true
                    return
                }
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
        // An upstream may answer before it has read all: the rest is not the next request's.
        flushDue()
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
        let repeatability = hasServed && !hasReceived ? Repeatability.ifIdempotent : .never
        close()
        runner.upstreamFailed(failure, repeatability)
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
        left()
    }

    /// Of a channel that was closed before it could tell of its opening, this is all that is heard.
    func handlerRemoved(context: ChannelHandlerContext) {
        left()
    }

    private func left() {
        guard context != nil else { return }
        context = nil
        // What came before and is held is told first.
        if !isHeld { connectionEnded() }
        if isEstablished {
            pool.closed(self)
        }
    }

    private func connectionEnded() {
        if case .readingBody = phase, parser.endsWithConnection {
            end(Fields())
        } else {
            fail(.closed)
        }
        phase = .closed
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
