internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// The client's side of a request that comes over no connection: it reads and refuses as a connection of HTTP/1.1 does, and
/// keeps what the client would have been sent. Used once, on its worker's event loop.
final class TrialFront: Front {
    private let worker: Worker
    private let routing: any Routing
    private let peer: Peer
    private let done: EventLoopPromise<TrialOutcome>
    private var parser: RequestParser
    private var runner: ExchangeRunner?
    private var exchange: Exchange?
    private var isRequestEnded = false
    private var isPumping = false
    private var outcome: TrialOutcome
    private let explains: Bool
    private let isServedElsewhere: Bool
    private let withholdsBody: Bool
    /// What the upstream answers.
    let response: TrialResponse
    /// What the upstream was sent.
    var forwarded: TrialOutcome.Forwarded?

    let limits: MessageLimits
    var isWritable: Bool { true }
    var idleTimeout: Duration { limits.idleTimeout }
    var awaitsContinue: Bool { false }

    init(
        _ request: TrialRequest,
        at listener: ListenerSettings,
        routing: any Routing,
        worker: Worker,
        response: TrialResponse,
        explains: Bool,
        isServedElsewhere: Bool = false,
        done: EventLoopPromise<TrialOutcome>
    ) {
        self.worker = worker
        self.routing = routing
        self.response = response
        self.explains = explains
        self.isServedElsewhere = isServedElsewhere
        withholdsBody = request.withholdsBody
        self.done = done
        limits = listener.limits
        let isTrusted = request.peer.map { peer in listener.trustedProxies.contains { $0.contains(peer) } }
        peer = Peer(
            address: request.peer,
            isTrusted: isTrusted ?? listener.trustsUnixPeers,
            trustedProxies: listener.trustedProxies
        )
        parser = RequestParser(scheme: request.scheme, limits: listener.limits)
        parser.feed(request.wire)
        outcome = TrialOutcome(id: worker.nextExchangeID())
    }

    /// - Parameter patience: what stands still, such as a response that is held for a payment, is ended then.
    func begin(within patience: TimeAmount) {
        worker.refreshTime()
        let end = worker.eventLoop.assumeIsolated().scheduleTask(in: patience) { self.giveUp() }
        done.futureResult.assumeIsolated().whenComplete { _ in end.cancel() }
        switch parser.nextHead() {
        case .incomplete: refuse(Reply(.badRequest, detail: "the request is not whole"), to: .unreadable)
        case .fault(let fault): refuse(fault.reply, to: .unreadable)
        case .request(let request): begin(request)
        }
    }

    private func begin(_ request: RequestHead) {
        outcome.request = request
        isRequestEnded = request.body == .none
        guard let route = routing.route(for: request) else {
            return refuse(Reply(.notFound, detail: "no route matches this request"), to: request)
        }
        let exchange = Exchange(
            id: outcome.id,
            request: request,
            client: peer.client(of: request),
            route: route,
            logger: worker.logger,
            eventLoop: worker.eventLoop
        )
        if explains { exchange.explanation = Explanation() }
        exchange.isServedElsewhere = isServedElsewhere
        self.exchange = exchange
        let runner = ExchangeRunner(worker: worker, front: self)
        self.runner = runner
        runner.run(exchange, client: peer.forwarded)
    }

    private func refuse(_ reply: Reply, to request: RequestHead) {
        let (head, body) = reply.rendered(for: request, id: outcome.id)
        outcome.head = head
        if case .bytes(let bytes) = body, request.method != .head { outcome.body = bytes }
        finish()
    }

    private func finish() {
        if let exchange {
            outcome.route = exchange.route.name
            outcome.steps = exchange.explanation?.steps ?? []
            outcome.shadowRefusals = exchange.shadowRefusals
            outcome.edits = exchange.edits
            outcome.isServed = forwarded != nil && exchange.repliedStatus == nil
        }
        outcome.forwarded = forwarded
        done.succeed(outcome)
        // Later: it is the runner that says so.
        worker.eventLoop.assumeIsolated().execute {
            self.runner = nil
            self.exchange = nil
        }
    }

    /// The client closes its connection.
    func leave() {
        runner?.clientLeft()
    }

    /// Nothing has come of it for too long: the client is told nothing more.
    private func giveUp() {
        runner?.drainExpired()
    }

    // MARK: Front

    func sendContinue() {}
    func sendInformational(_ head: ResponseHead) {}
    func sendHead(_ head: ResponseHead, body: ResponseBody, closes: Bool) { outcome.head = head }
    func sendPart(_ part: ByteBuffer) { outcome.body.writeImmutableBuffer(part) }
    func sendEnd(trailers: Fields) {}
    func flush() {}
    func recycle(_ exchange: Exchange) {}
    func exchangeEnded() { finish() }
    func abort() { finish() }

    func pullBody() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        if withholdsBody, !isRequestEnded, let runner, runner.wantsRequestBody {
            isRequestEnded = true
            if runner.collection?.isOpen == true {
                runner.requestFailed(
                    with: MessageFault(
                        .contentTooLarge,
                        "the body of the request is needed, and the proxy did not send it"
                    )
                )
            } else {
                runner.requestEnded(trailers: Fields())
            }
        }
        while !isRequestEnded, runner?.wantsRequestBody == true {
            switch parser.nextBody() {
            case .incomplete: return
            case .part(let part): runner?.requestPart(part)
            case .end(let trailers):
                isRequestEnded = true
                runner?.requestEnded(trailers: trailers)
            case .fault(let fault):
                isRequestEnded = true
                runner?.requestFailed(with: fault)
            }
        }
    }
}
