internal import GatewayKit
internal import HTTPTypes
internal import Logging
internal import NIOCore

// What goes to the upstream, and what comes from it.
extension ExchangeRunner {
    /// - Parameter avoided: where the request failed before.
    func connect(_ upstream: Upstream, avoiding avoided: PooledEndpoint? = nil) -> ExchangeDriver.Action {
        trace?.upstream = upstream
        if let total = upstream.timeouts.total, let exchange {
            // What it was told before counts where it is sooner: this may be the second attempt.
            exchange.deadline = min(exchange.deadline ?? .distantFuture, worker.now + TimeAmount(total))
        }
        let acquisition =
            worker.canned?.acquire(upstream, for: self)
            ?? worker.pool.acquire(upstream, for: self, avoiding: avoided)
        switch acquisition {
        case .connection(let connection):
            self.upstream = connection
            return driver.connected()
        case .pending(let ticket):
            self.ticket = ticket
            return .wait
        case .refused(let failure):
            return driver.upstreamFailed(failure, mostRetries: 0)
        }
    }

    /// Another request was faster: the wait goes on.
    func wait(with ticket: UpstreamPool.Ticket) {
        self.ticket = ticket
    }

    func upstreamReady(_ result: Result<any UpstreamExchange, UpstreamFailure>) {
        ticket = nil
        lastActivity = worker.now
        switch result {
        case .success(let connection):
            upstream = connection
            perform(driver.connected())
        case .failure(let failure):
            perform(driver.upstreamFailed(failure, mostRetries: 0))
        }
    }

    func sendRequest() {
        guard let exchange, let upstream else { return }
        lastActivity = worker.now
        exchange.wasForwarded = true
        trace?.noteConnected()
        upstream.sendHead(
            exchange.request,
            edits: exchange.edits,
            client: forwardedClient,
            passesExpectation: collection == nil
        )
        if let body = exchange.edits.body ?? collection?.bytes, body.readableBytes > 0 {
            upstream.sendPart(body)
        }
        if let requestTrailers {
            upstream.sendEnd(trailers: requestTrailers)
        }
        if requestTrailers == nil {
            front.pullBody()
        }
        // After the body that is there already, which may have ended the exchange.
        self.upstream?.flush()
    }

    var requestIsSent: Bool { requestTrailers != nil }

    /// False while the client does not take what it is sent, and while a stage or a filter holds the response.
    var takesResponse: Bool { held == nil && !holdsResponse && front.isWritable }

    func upstreamInformational(_ head: ResponseHead) {
        lastActivity = worker.now
        front.sendInformational(head)
        front.flush()
    }

    func upstreamHead(_ head: ResponseHead, body: ResponseBody) {
        guard let exchange, case .sendResponse = driver.upstreamResponded() else { return }
        lastActivity = worker.now
        upstream?.endpoint.succeeded()
        trace?.noteFirstByte()
        var head = head
        adjust(&head, of: exchange)
        if let hold = exchange.takeHold() {
            return self.hold(.upstream(head, body), until: hold)
        }
        sendUpstreamHead(head, body: body)
    }

    func sendUpstreamHead(_ head: ResponseHead, body: ResponseBody) {
        guard let exchange else { return }
        driver.sent(head.status)
        if body != .tunnel, exchange.request.opensWebSocket {
            // It is not granted: this is an ordinary response to a request without a body.
            requestTrailers = Fields()
        }
        var body = body
        if let filter = exchange.responseFilter {
            body = begin(filter, of: head, body)
        }
        front.sendHead(head, body: body, closes: false)
        if body == .tunnel {
            front.flush()
            front.pullBody()
        }
    }

    func upstreamPart(_ part: ByteBuffer) {
        lastActivity = worker.now
        if held != nil {
            held?.parts.append(part)
            return
        }
        if let filtered { return filtered.received(part) }
        write(part)
    }

    func write(_ part: ByteBuffer) {
        driver.responseBytes += UInt64(part.readableBytes)
        exchange?.responseWatch?.passed(part)
        front.sendPart(part)
    }

    /// The upstream has let go of its connection already.
    func upstreamEnded(trailers: Fields) {
        upstream = nil
        if held != nil {
            held?.end = trailers
            return
        }
        if let filtered {
            filtered.upstreamEnded(trailers)
            // What the filter has sent while it holds the rest: nothing of the upstream comes any more that would flush it.
            if holdsResponse { front.flush() }
            return
        }
        endResponse(trailers)
    }

    func endResponse(_ trailers: Fields) {
        front.sendEnd(trailers: trailers)
        front.flush()
        perform(driver.responseWritten())
    }

    /// - Parameter isCounted: the endpoint's health knows of it already.
    func upstreamFailed(_ failure: UpstreamFailure, _ repeatability: Repeatability, isCounted: Bool = false) {
        guard let exchange else { return }
        let endpoint = upstream?.endpoint
        dropUpstream()
        if !isCounted, repeatability == .never, driver.status == nil {
            endpoint?.failed(at: worker.eventLoop.now)
        }
        exchange.logger.warning("the upstream failed", metadata: ["failure": .string(failure.rawValue)])
        let action = driver.upstreamFailed(failure, mostRetries: mostRetries(of: exchange.request, repeatability))
        if case .connect(let upstream) = action {
            perform(connect(upstream, avoiding: endpoint))
        } else {
            perform(action)
        }
    }

    private func mostRetries(of request: RequestHead, _ repeatability: Repeatability) -> Int {
        if repeatability == .ifIdempotent, !request.method.isIdempotent { return 0 }
        // All that came of the body is still here: nothing, or what a stage collected.
        guard UInt64(collection?.bytes.readableBytes ?? 0) == driver.requestBytes else { return 0 }
        return repeatability.mostRetries
    }

    func upstreamReadComplete() {
        front.flush()
    }

    func upstreamBecameWritable() {
        lastActivity = worker.now
        front.pullBody()
        upstream?.flush()
    }

    func dropUpstream() {
        guard let upstream else { return }
        self.upstream = nil
        upstream.abandon()
    }
}
