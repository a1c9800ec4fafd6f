internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// One client connection that speaks HTTP/1.1: reads requests one after the other, writes their responses in order.
final class HTTP1Connection: ChannelInboundHandler, RemovableChannelHandler, ClientConnection, Front, HTTP1Output {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Waiting for a head, or in the middle of one.
        case head
        /// An exchange runs.
        case exchange
        /// The response is out, the rest of the request is read over.
        case discarding
        /// Another handler has taken the connection over.
        case upgraded
        /// The last response is out; what still comes is read over, so that the client sees the response (RFC 9112 §9.6).
        case lingering
        case closed
    }

    /// Bytes that may wait unread while an exchange does not want them.
    private static let readAhead = 64 * 1024
    /// The rest of a refused request's body that is read over to keep the connection.
    private static let longestDiscard: UInt64 = 64 * 1024
    private static let lingerTime = TimeAmount.seconds(2)
    /// An idle connection keeps what makes its next request cheap for so long.
    private static let keepTime = TimeAmount.milliseconds(500)

    let entrance: Entrance
    var context: ChannelHandlerContext?
    var parser: RequestParser
    /// `nil` before the first request, and when the connection has been idle for some time.
    private var kept: ExchangeRunner?
    let peer: Peer

    var phase = Phase.head
    /// Since when the phase has lasted, for its timeout; with `.head`, since its first byte.
    private var phaseStart: NIODeadline
    private var isPumping = false
    private var isReadSuspended = false
    var isRequestEnded = true
    private var opensWebSocket = false
    var closesAfterResponse = false
    /// The server or its listener takes no further requests.
    private(set) var isDraining = false
    /// While it lingers: the client's kernel has all that was written.
    private var isOutputClosed = false
    private(set) var awaitsContinue = false
    var version = RequestHead.Version.http1_1
    private var framing = ResponseFraming.none(declared: nil)
    private var hop = HopByHop(of: Fields())
    var pending = ByteBuffer()
    var isFlushDue = false
    var index = 0

    init(_ entrance: Entrance, peer: Peer) {
        self.entrance = entrance
        self.peer = peer
        parser = RequestParser(scheme: entrance.scheme, limits: entrance.settings.limits)
        phaseStart = entrance.worker.now
    }

    var worker: Worker { entrance.worker }
    var flushes: FlushQueue { worker.flushes }

    private var runner: ExchangeRunner {
        if let kept { return kept }
        let runner = ExchangeRunner(worker: worker, front: self)
        kept = runner
        return runner
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        phaseStart = worker.now
        worker.add(self)
        guard !worker.isDraining else {
            close()
            return
        }
        if context.channel.isActive { context.read() }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .lingering, .closed: return
        case .head, .exchange, .discarding, .upgraded: break
        }
        parser.feed(unwrapInboundIn(data))
        pump()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flushRequest()
        if case .lingering = phase {
            context.read()
        } else if parser.buffer.readableBytes < Self.readAhead {
            context.read()
        } else {
            isReadSuspended = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        if case .exchange = phase {
            runner.frontBecameWritable()
        }
        flushRequest()
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
        phase = .closed
        context = nil
        kept?.clientLeft()
        worker.remove(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        flushDue()
        context.close(promise: nil)
    }

    private func close() {
        phase = .closed
        flushDue()
        context?.close(promise: nil)
    }

    // MARK: Reading

    /// Lets the upstream have what was read. That may make it writable at once, without an event that says so: then what
    /// waits here goes on.
    private func flushRequest() {
        repeat { kept?.frontReadComplete() } while pump()
    }

    /// - Returns: true when something was read.
    @discardableResult
    private func pump() -> Bool {
        guard !isPumping else { return false }
        isPumping = true
        defer { isPumping = false }
        var hasRead = false
        while step() { hasRead = true }
        if isReadSuspended, parser.buffer.readableBytes < Self.readAhead {
            isReadSuspended = false
            context?.read()
        }
        return hasRead
    }

    /// - Returns: true when there may be more to read at once.
    private func step() -> Bool {
        switch phase {
        case .head:
            // A client that does not read its answers gets no more of them.
            guard isWritable else { return false }
            if !parser.isInsideHead { phaseStart = worker.now }
            switch parser.nextHead() {
            case .incomplete: return false
            case .fault(let fault):
                refuse(fault.reply)
                return false
            case .request(let request):
                begin(request)
                return true
            }
        case .exchange:
            guard !isRequestEnded, runner.wantsRequestBody else { return false }
            return readBody()
        case .discarding:
            return readBody()
        case .lingering, .closed, .upgraded:
            return false
        }
    }

    private func readBody() -> Bool {
        switch parser.nextBody() {
        case .incomplete:
            return false
        case .part(let part):
            if case .exchange = phase { runner.requestPart(part) }
            return true
        case .end(let trailers):
            isRequestEnded = true
            if case .exchange = phase {
                runner.requestEnded(trailers: trailers)
            } else {
                nextRequest()
            }
            return true
        case .fault(let fault):
            closesAfterResponse = true
            if case .exchange = phase {
                runner.requestFailed(with: fault)
            } else {
                close()
            }
            return false
        }
    }

    func pullBody() {
        if isPumping {
            // Inside `step` already: a stage asked for the body while it was being asked itself.
            while case .exchange = phase, !isRequestEnded, runner.wantsRequestBody, readBody() {}
        } else {
            pump()
            flushRequest()
        }
    }

    private func begin(_ request: RequestHead) {
        phase = .exchange
        version = request.version
        hop = HopByHop(of: request.fields)
        opensWebSocket = request.opensWebSocket
        isRequestEnded = request.body == .none && !opensWebSocket
        if request.body == .none { _ = parser.nextBody() }
        if hop.upgrades(to: "h2c", request.fields), upgradeToHTTP2(request) { return }
        awaitsContinue = expectsContinue(request)
        closesAfterResponse = hop.saysClose || (request.version == .http1_0 && !hop.saysKeepAlive)
        guard let route = entrance.routing.route(for: request) else {
            refuse(Reply(.notFound, detail: "no route matches this request"), to: request)
            return
        }
        let exchange = Exchange(
            id: worker.nextExchangeID(),
            request: request,
            client: peer.client(of: request),
            route: route,
            logger: worker.logger,
            eventLoop: worker.eventLoop
        )
        runner.run(exchange, client: peer.forwarded)
    }

    private func expectsContinue(_ request: RequestHead) -> Bool {
        guard request.version == .http1_1, !isRequestEnded, let index = request.fields.firstIndex(of: .expect) else {
            return false
        }
        return request.fields.value(at: index).lowercased() == "100-continue"
    }

    // MARK: Front

    var isWritable: Bool { context?.channel.isWritable ?? false }
    var idleTimeout: Duration { limits.idleTimeout }
    var limits: MessageLimits { entrance.settings.limits }

    func sendContinue() {
        guard awaitsContinue else { return }
        awaitsContinue = false
        pending.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        flush()
    }

    func sendInformational(_ head: ResponseHead) {
        guard version == .http1_1 else { return }
        if head.status.code == 100 {
            guard awaitsContinue else { return }
            awaitsContinue = false
        }
        ResponseWriter.writeInformational(head, into: &pending)
    }

    func sendHead(_ head: ResponseHead, body: ResponseBody, closes: Bool) {
        framing = ResponseFraming(body, for: version)
        if framing == .tunnel {
            parser.becomeTunnel()
            closesAfterResponse = true
        } else if opensWebSocket {
            isRequestEnded = true
        }
        if framing != .tunnel,
            closes || isDraining || framing == .untilClose || !restIsWorthReading
        {
            closesAfterResponse = true
        }
        ResponseWriter.write(
            head,
            framing: framing,
            closes: closesAfterResponse,
            keepsAliveHTTP10: version == .http1_0,
            date: worker.date,
            into: &pending
        )
    }

    /// False when so much of the request is still to come that closing is cheaper than reading it over.
    private var restIsWorthReading: Bool {
        if isRequestEnded { return true }
        guard !awaitsContinue, let rest = parser.declaredRemainder else { return false }
        return rest <= Self.longestDiscard
    }

    func sendPart(_ part: ByteBuffer) {
        guard part.readableBytes > 0 else { return }
        switch framing {
        case .none: return
        case .length, .untilClose, .tunnel: write(part)
        case .chunked:
            ChunkedWriter.writeSize(of: part, into: &pending)
            write(part)
            pending.writeStaticString("\r\n")
        }
    }

    func sendEnd(trailers: Fields) {
        if framing == .chunked {
            ChunkedWriter.writeEnd(trailers: trailers, into: &pending)
        }
    }

    func recycle(_ exchange: Exchange) {
        // The lines of a head are the one array that each request needs.
        var fields = exchange.request.fields
        parser.reuse(fields.releaseLines())
    }

    func exchangeEnded() {
        guard case .exchange = phase else { return }
        if closesAfterResponse {
            finish(lingers: !isRequestEnded || parser.buffer.readableBytes > 0)
            return
        }
        if isRequestEnded {
            nextRequest()
        } else {
            phase = .discarding
            phaseStart = worker.now
        }
        flushRequest()
    }

    private func nextRequest() {
        phase = .head
        phaseStart = worker.now
        if isDraining && !parser.isInsideHead {
            finish(lingers: false)
        }
    }

    /// Lets the client take what was written, and see its end, before the connection goes.
    ///
    /// - Parameter lingers: the client is still sending; closing on that would take the response from it.
    private func finish(lingers: Bool) {
        flushDue()
        guard let context else { return }
        phase = .lingering
        phaseStart = worker.now
        isOutputClosed = false
        parser = RequestParser(scheme: "", limits: limits)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.isOutputClosed = true
            self.phaseStart = self.worker.now
            if !lingers { self.close() }
        }
        context.close(mode: .output, promise: promise)
        if isReadSuspended {
            isReadSuspended = false
            context.read()
        }
    }

    func abort() {
        switch framing {
        case .untilClose:
            // An ordinary end would look like the end of the body.
            if let socket = context?.channel as? any SocketOptionProvider {
                socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
            }
            close()
        case .none, .length, .chunked, .tunnel:
            guard isWritable else { return close() }
            flush()
            finish(lingers: false)
        }
    }

    // MARK: Time

    /// Called several times a second.
    func checkDeadlines(now: NIODeadline) {
        let elapsed = now - phaseStart
        switch phase {
        case .head:
            if parser.isInsideHead {
                if elapsed > TimeAmount(limits.headTimeout) {
                    refuse(MessageFault(.requestTimeout, "the request head did not come in time").reply)
                }
            } else if elapsed > TimeAmount(limits.idleTimeout) {
                close()
            } else if elapsed > Self.keepTime, kept != nil {
                shed()
            }
        case .exchange: runner.checkDeadlines(now: now)
        case .discarding: if elapsed > TimeAmount(limits.idleTimeout) { close() }
        case .lingering:
            if elapsed > (isOutputClosed ? Self.lingerTime : TimeAmount(limits.idleTimeout)) { close() }
        case .closed, .upgraded: break
        }
    }

    /// Most connections are idle most of the time: then they have little but their place.
    private func shed() {
        kept = nil
        parser.shed()
        pending = ByteBuffer()
        hop = HopByHop(of: Fields())
    }

    func drain() {
        isDraining = true
        if case .head = phase, !parser.isInsideHead {
            finish(lingers: false)
        }
    }

    func expire() {
        if case .exchange = phase {
            runner.drainExpired()
        }
        close()
    }
}
