internal import GatewayKit
internal import HTTPTypes
internal import Logging
internal import NIOCore

/// Does what the driver decides: asks the stages, writes to the client, talks to the upstream.
///
/// One for each connection, used for one exchange after the other; belongs to the connection's event loop.
final class ExchangeRunner: RequestBodySource {
    private let worker: Worker
    unowned let front: any Front
    /// Keeps the front while an exchange runs: a stage may decide after the client's connection is gone.
    private var keptFront: (any Front)?
    private var driver = ExchangeDriver(stageCount: 0)
    private var exchange: Exchange?
    private var forwardedClient = ForwardedClient(peer: nil, isTrusted: false)

    private var upstream: UpstreamConnection?
    private var ticket: UpstreamPool.Ticket?
    private var collection: BodyCollection?
    private var requestTrailers: Fields?
    private var stream: (any BodyStream)?
    private var lastActivity: NIODeadline

    init(worker: Worker, front: any Front) {
        self.worker = worker
        self.front = front
        lastActivity = worker.now
    }

    // MARK: Life

    func run(_ exchange: Exchange, client: ForwardedClient) {
        self.exchange = exchange
        keptFront = front
        exchange.bodySource = self
        forwardedClient = client
        driver = ExchangeDriver(stageCount: exchange.route.stages.count)
        collection = nil
        requestTrailers = exchange.request.body == .none ? Fields() : nil
        lastActivity = worker.now
        perform(driver.start())
    }

    var isRunning: Bool { exchange != nil }

    private func perform(_ first: ExchangeDriver.Action) {
        var action = first
        while true {
            switch action {
            case .wait:
                return
            case .admit(let index):
                action = admit(index)
            case .reply(let reply):
                action = send(reply)
            case .connect(let upstream):
                action = connect(upstream)
            case .sendRequest:
                sendRequest()
                return
            case .sendResponse:
                return
            case .finish(let outcome):
                let front = settle(outcome)
                front?.exchangeEnded()
                return
            case .abort(let outcome):
                let front = settle(outcome)
                front?.abort()
                return
            }
        }
    }

    /// - Returns: the front, which is free for the next exchange.
    private func settle(_ outcome: Outcome) -> (any Front)? {
        guard let exchange, let front = keptFront else { return nil }
        let admitted = driver.admitted
        self.exchange = nil
        keptFront = nil
        stream = nil
        collection?.fail(MessageFault(.badRequest, "the exchange is over"))
        collection = nil
        if let ticket {
            self.ticket = nil
            ticket.cancel()
        }
        if let upstream {
            self.upstream = nil
            upstream.abandon()
        }
        for index in stride(from: admitted - 1, through: 0, by: -1) {
            exchange.route.stages[index].settle(exchange, as: outcome)
        }
        front.recycle(exchange)
        return front
    }

    // MARK: Stages

    private func admit(_ index: Int) -> ExchangeDriver.Action {
        guard let exchange else { return .wait }
        do {
            switch try exchange.route.stages[index].admit(exchange) {
            case .now(let decision):
                return driver.stageDecided(decision, rejection: exchange.unresolvedRejection)
            case .later(let future):
                future.assumeIsolated().whenComplete { self.decided($0, exchange) }
                return .wait
            }
        } catch {
            return driver.stageFailed(with: reply(to: error, in: exchange))
        }
    }

    private func decided(_ result: Result<Decision, any Error>, _ exchange: Exchange) {
        lastActivity = worker.now
        switch result {
        case .success(let decision):
            perform(driver.stageDecided(decision, rejection: exchange.unresolvedRejection))
        case .failure(let error):
            perform(driver.stageFailed(with: reply(to: error, in: exchange)))
        }
    }

    private func reply(to error: any Error, in exchange: Exchange) -> Reply {
        switch error {
        case let reply as Reply:
            return reply
        case let error as BodyTooLarge:
            return Reply(.contentTooLarge, detail: "the request body is longer than \(error.limit)")
        case let fault as MessageFault:
            return fault.reply
        default:
            exchange.logger.error("a stage failed", metadata: ["error": "\(error)"])
            return Reply(.internalServerError, detail: "something failed inside the gateway; error id \(exchange.id)")
        }
    }

    // MARK: Own replies

    private func send(_ reply: Reply) -> ExchangeDriver.Action {
        guard let exchange else { return .wait }
        dropUpstream()
        var (head, body) = reply.rendered(for: exchange.request, id: exchange.id)
        adjust(&head, of: exchange)
        driver.sent(head.status)
        let hasNoContent = head.status.code == 204
        let bodyless = exchange.request.method == .head || hasNoContent || head.status.code == 304
        switch body {
        case .none:
            front.sendHead(head, body: bodyless ? .none(declared: nil) : .length(0), closes: reply.closesConnection)
        case .bytes(let bytes):
            let length = UInt64(bytes.readableBytes)
            front.sendHead(
                head,
                body: bodyless ? .none(declared: hasNoContent ? nil : length) : .length(length),
                closes: reply.closesConnection
            )
            if !bodyless {
                driver.responseBytes += length
                front.sendPart(bytes)
            }
        case .stream(let stream):
            front.sendHead(head, body: bodyless ? .none(declared: nil) : .unknownLength, closes: reply.closesConnection)
            if !bodyless {
                self.stream = stream
                front.flush()
                return pumpStream()
            }
        }
        front.sendEnd(trailers: Fields())
        front.flush()
        return driver.responseWritten()
    }

    private func pumpStream() -> ExchangeDriver.Action {
        while let stream, let exchange {
            guard front.isWritable else {
                // What is written may all go out at once: then there is no event that it did.
                front.flush()
                guard front.isWritable else { return .wait }
                continue
            }
            switch stream.next(on: exchange.eventLoop) {
            case .now(let part):
                if let action = sendStreamed(.success(part)) { return action }
            case .later(let future):
                self.stream = nil
                front.flush()
                future.assumeIsolated().whenComplete { result in
                    guard self.exchange === exchange else { return }
                    self.stream = stream
                    self.perform(self.sendStreamed(result) ?? self.pumpStream())
                }
                return .wait
            }
        }
        return .wait
    }

    /// - Returns: what follows when the stream has ended; `nil` when it goes on.
    private func sendStreamed(_ result: Result<ByteBuffer?, any Error>) -> ExchangeDriver.Action? {
        lastActivity = worker.now
        switch result {
        case .success(let part?):
            driver.responseBytes += UInt64(part.readableBytes)
            front.sendPart(part)
            return nil
        case .success(nil):
            stream = nil
            front.sendEnd(trailers: Fields())
            front.flush()
            return driver.responseWritten()
        case .failure(let error):
            stream = nil
            exchange?.logger.error("a reply's stream failed", metadata: ["error": "\(error)"])
            return driver.drainExpired()
        }
    }

    private func adjust(_ head: inout ResponseHead, of exchange: Exchange) {
        for index in stride(from: driver.admitted - 1, through: 0, by: -1) {
            exchange.route.stages[index].adjust(&head, of: exchange)
        }
    }

    // MARK: The client's side

    /// True when the next part of the request's body has somewhere to go.
    var wantsRequestBody: Bool {
        guard requestTrailers == nil else { return false }
        if collection?.isOpen == true, !driver.passesRequestBody { return true }
        guard driver.passesRequestBody, let upstream else { return false }
        return upstream.isWritable
    }

    func collectBody(upTo limit: ByteCount) -> Eventually<ByteBuffer> {
        guard let exchange else { return .now(ByteBuffer()) }
        if collection == nil {
            collection = BodyCollection(limit: limit)
            front.sendContinue()
            front.pullBody()
        }
        // Where a stage before asked already, the body is bounded by what that one allowed.
        return collection?.result(within: limit, on: exchange.eventLoop) ?? .now(ByteBuffer())
    }

    func requestPart(_ part: ByteBuffer) {
        lastActivity = worker.now
        driver.requestBytes += UInt64(part.readableBytes)
        if collection?.isOpen == true {
            collection?.append(part)
            guard driver.passesRequestBody else { return }
        }
        upstream?.sendPart(part)
    }

    func requestEnded(trailers: Fields) {
        lastActivity = worker.now
        requestTrailers = trailers
        let passes = driver.passesRequestBody
        collection?.end()
        if passes {
            upstream?.sendEnd(trailers: trailers)
        }
    }

    func requestFailed(with fault: MessageFault) {
        if collection?.isOpen == true, !driver.passesRequestBody {
            collection?.fail(fault)
        } else {
            perform(driver.requestFailed(with: fault.reply))
        }
    }

    func clientLeft() {
        guard exchange != nil else { return }
        perform(driver.clientLeft())
        collection?.fail(MessageFault(.badRequest, "the client left"))
    }

    func drainExpired() {
        guard exchange != nil else { return }
        perform(driver.drainExpired())
    }

    func frontBecameWritable() {
        lastActivity = worker.now
        if stream != nil {
            perform(pumpStream())
        } else {
            upstream?.resumeReading()
        }
    }

    /// The front has read all that had arrived: what goes to the upstream goes now.
    func frontReadComplete() {
        upstream?.flush()
    }

    // MARK: The upstream's side

    private func connect(_ upstream: Upstream) -> ExchangeDriver.Action {
        switch worker.pool.acquire(upstream, for: self) {
        case .connection(let connection):
            self.upstream = connection
            return driver.connected()
        case .pending(let ticket):
            self.ticket = ticket
            return .wait
        case .refused(let failure):
            return driver.upstreamFailed(failure, mayRetry: false)
        }
    }

    /// Another request was faster: the wait goes on.
    func wait(with ticket: UpstreamPool.Ticket) {
        self.ticket = ticket
    }

    func upstreamReady(_ result: Result<UpstreamConnection, UpstreamFailure>) {
        ticket = nil
        lastActivity = worker.now
        switch result {
        case .success(let connection):
            upstream = connection
            perform(driver.connected())
        case .failure(let failure):
            perform(driver.upstreamFailed(failure, mayRetry: false))
        }
    }

    private func sendRequest() {
        guard let exchange, let upstream else { return }
        lastActivity = worker.now
        upstream.sendHead(
            exchange.request,
            edits: exchange.edits,
            client: forwardedClient,
            passesExpectation: collection == nil
        )
        if let body = collection?.bytes, body.readableBytes > 0 {
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

    /// False while the client does not take what it is sent.
    var takesResponse: Bool { front.isWritable }

    func upstreamInformational(_ head: ResponseHead) {
        lastActivity = worker.now
        front.sendInformational(head)
        front.flush()
    }

    func upstreamHead(_ head: ResponseHead, body: ResponseBody) {
        guard let exchange, case .sendResponse = driver.upstreamResponded() else { return }
        lastActivity = worker.now
        var head = head
        adjust(&head, of: exchange)
        driver.sent(head.status)
        front.sendHead(head, body: body, closes: false)
    }

    func upstreamPart(_ part: ByteBuffer) {
        lastActivity = worker.now
        driver.responseBytes += UInt64(part.readableBytes)
        front.sendPart(part)
    }

    /// The upstream has let go of its connection already.
    func upstreamEnded(trailers: Fields) {
        upstream = nil
        front.sendEnd(trailers: trailers)
        front.flush()
        perform(driver.responseWritten())
    }

    /// - Parameter mayRetry: the connection had served before and no byte of an answer came.
    func upstreamFailed(_ failure: UpstreamFailure, mayRetry: Bool) {
        guard let exchange else { return }
        upstream = nil
        exchange.logger.warning("the upstream failed", metadata: ["failure": .string(failure.rawValue)])
        let isRepeatable = exchange.request.body == .none && exchange.request.method.isIdempotent
        perform(driver.upstreamFailed(failure, mayRetry: mayRetry && isRepeatable))
    }

    func upstreamReadComplete() {
        front.flush()
    }

    func upstreamBecameWritable() {
        lastActivity = worker.now
        front.pullBody()
    }

    private func dropUpstream() {
        guard let upstream else { return }
        self.upstream = nil
        upstream.abandon()
    }

    // MARK: Time

    /// Called several times a second: ends what stands still.
    func checkDeadlines(now: NIODeadline) {
        guard exchange != nil else { return }
        let silence = now - lastActivity
        if let upstream, driver.passesRequestBody {
            if requestTrailers == nil, upstream.isWritable, !upstream.hasResponded, !front.awaitsContinue {
                if silence > TimeAmount(front.idleTimeout) {
                    perform(
                        driver.requestFailed(
                            with: MessageFault(.requestTimeout, "the request body stopped coming").reply
                        )
                    )
                }
                return
            }
            let timeouts = upstream.entry.upstream.timeouts
            let limit =
                upstream.hasResponded ? (front.isWritable ? timeouts.idle : front.idleTimeout) : timeouts.response
            guard silence > TimeAmount(limit) else { return }
            if upstream.hasResponded && !front.isWritable {
                perform(driver.clientLeft())
            } else {
                dropUpstream()
                upstreamFailed(.timeout, mayRetry: false)
            }
        } else if stream != nil, !front.isWritable, silence > TimeAmount(front.idleTimeout) {
            perform(driver.clientLeft())
        } else if collection?.isOpen == true, silence > TimeAmount(front.idleTimeout) {
            requestFailed(with: MessageFault(.requestTimeout, "the request body stopped coming"))
        }
    }
}

extension HTTPRequest.Method {
    /// RFC 9110 §9.2.2.
    var isIdempotent: Bool {
        switch self {
        case .get, .head, .options, .put, .delete, .trace: true
        default: false
        }
    }
}
