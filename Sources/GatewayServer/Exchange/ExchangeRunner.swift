internal import GatewayKit
internal import HTTPTypes
internal import Logging
internal import NIOCore

/// Does what the driver decides: asks the stages, writes to the client, talks to the upstream.
///
/// One for each connection, used for one exchange after the other; belongs to the connection's event loop.
final class ExchangeRunner: RequestBodySource {
    let worker: Worker
    unowned let front: any Front
    /// Keeps the front while an exchange runs: a stage may decide after the client's connection is gone.
    private var keptFront: (any Front)?
    var driver = ExchangeDriver(stageCount: 0)
    var exchange: Exchange?
    var forwardedClient = ForwardedClient(peer: nil, isTrusted: false)

    var upstream: (any UpstreamExchange)?
    var ticket: UpstreamPool.Ticket?
    var collection: BodyCollection?
    var requestTrailers: Fields?
    var stream: (any BodyStream)?
    /// `nil` where no filter is asked.
    var filtered: FilteredResponse?
    /// `nil` while nothing is held back.
    var held: HeldResponse?
    var lastActivity: NIODeadline
    var bodyPace = BodyPace()
    /// `nil` where no access log is kept.
    var trace: ExchangeTrace?
    /// What was answered in place of a response, for `Worker.decisions`.
    var refusal: (status: HTTPResponse.Status, detail: String?)?

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
        requestTrailers = exchange.request.body == .none && !exchange.request.opensWebSocket ? Fields() : nil
        if exchange.request.fields.firstIndex(of: .grpcTimeout) != nil {
            exchange.deadline = GRPCTimeout.duration(of: exchange.request).map { worker.now + $0 }
        }
        lastActivity = worker.now
        bodyPace = BodyPace()
        trace = worker.accessLog == nil ? nil : ExchangeTrace()
        refusal = nil
        if let limit = exchange.bodyLimit, case .length(let length) = exchange.request.body,
            length > UInt64(limit.bytes)
        {
            // Before any stage: nothing must be paid or claimed for it.
            perform(driver.refuse(with: reply(to: BodyTooLarge(limit: limit), in: exchange)))
            return
        }
        perform(driver.start())
    }

    var isRunning: Bool { exchange != nil }

    func perform(_ first: ExchangeDriver.Action) {
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
        filtered?.stop()
        filtered = nil
        held = nil
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
        exchange.responseFilter?.settle(as: outcome)
        for index in stride(from: admitted - 1, through: 0, by: -1) {
            exchange.route.stages[index].settle(exchange, as: outcome)
        }
        if let trace {
            let stage = driver.decider.map { exchange.route.stages[$0] }
            worker.record(exchange, trace, decidedBy: stage, as: outcome)
        }
        if let decisions = worker.decisions, refusal != nil || exchange.explanation != nil {
            note(exchange, outcome, in: decisions)
        }
        front.recycle(exchange)
        return front
    }

    private func note(_ exchange: Exchange, _ outcome: Outcome, in decisions: RecentDecisions) {
        decisions.add(
            RecentDecision(
                of: exchange,
                at: worker.time.now(),
                admitted: driver.admitted,
                decider: driver.decider,
                refusal: refusal,
                outcome: outcome
            )
        )
    }

    // MARK: Stages

    private func admit(_ index: Int) -> ExchangeDriver.Action {
        guard let exchange else { return .wait }
        exchange.explanation?.begin(index, in: exchange)
        do {
            switch try exchange.route.stages[index].admit(exchange) {
            case .now(let decision):
                return tell(decision, of: exchange)
            case .later(let future):
                future.assumeIsolated().whenComplete { self.decided($0, exchange) }
                return .wait
            }
        } catch {
            return driver.stageFailed(with: failure(error, in: exchange))
        }
    }

    private func failure(_ error: any Error, in exchange: Exchange) -> Reply {
        let reply = reply(to: error, in: exchange)
        exchange.explanation?.failed(with: reply, in: exchange)
        return reply
    }

    private func tell(_ decision: Decision, of exchange: Exchange) -> ExchangeDriver.Action {
        // The stage may have chosen another route.
        driver.stageCount = exchange.route.stages.count
        let refusal: Reply? = if case .forward = decision { exchange.refusal } else { nil }
        exchange.explanation?.decided(decision, refusal: refusal, in: exchange)
        return driver.stageDecided(decision, refusal: refusal)
    }

    private func decided(_ result: Result<Decision, any Error>, _ exchange: Exchange) {
        lastActivity = worker.now
        switch result {
        case .success(let decision):
            perform(tell(decision, of: exchange))
        case .failure(let error):
            perform(driver.stageFailed(with: failure(error, in: exchange)))
        }
    }

    func reply(to error: any Error, in exchange: Exchange) -> Reply {
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

    // MARK: The client's side

    /// True when the next part of the request's body has somewhere to go.
    var wantsRequestBody: Bool {
        guard requestTrailers == nil else { return false }
        if exchange?.request.opensWebSocket == true, upstream?.hasResponded != true { return false }
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

    var collectedBody: ByteBuffer { collection?.bytes ?? ByteBuffer() }

    func requestPart(_ part: ByteBuffer) {
        lastActivity = worker.now
        driver.requestBytes += UInt64(part.readableBytes)
        if let limit = exchange?.bodyLimit, driver.requestBytes > UInt64(limit.bytes) {
            return requestExceeds(limit)
        }
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

    private func requestExceeds(_ limit: ByteCount) {
        guard exchange?.request.isGRPC == true, upstream?.hasResponded == true, held == nil else {
            return requestFailed(with: MessageFault(.contentTooLarge, "the request body is longer than \(limit)"))
        }
        dropUpstream()
        // 8: RESOURCE_EXHAUSTED (gRPC, "Status codes").
        front.sendEnd(trailers: Fields([(.grpcStatus, "8"), (.grpcMessage, "the request is longer than \(limit)")]))
        front.flush()
        perform(driver.endTold(.clientLeft))
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
        tellDecider()
    }

    func drainExpired() {
        guard exchange != nil else { return }
        perform(driver.drainExpired())
        tellDecider()
    }

    /// The stage that still decides, where there is one.
    private func tellDecider() {
        guard let exchange, let tell = exchange.whenAbandoned else { return }
        exchange.whenAbandoned = nil
        tell()
    }

    func frontBecameWritable() {
        lastActivity = worker.now
        if held != nil {
            return
        }
        if stream != nil {
            perform(pumpStream())
        } else if !holdsResponse {
            upstream?.resumeReading()
        }
    }

    /// The front has read all that had arrived: what goes to the upstream goes now.
    func frontReadComplete() {
        upstream?.flush()
    }
}
