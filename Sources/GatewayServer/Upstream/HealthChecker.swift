internal import GatewayKit
internal import HTTPTypes
internal import Logging
internal import NIOCore

/// Checks the endpoints of one upstream, for all event loops. Belongs to the one that claimed it.
///
/// It lives by the ticks of its event loop: no task, no timer. An upstream is checked from its first request on, and as
/// long as it is used; until the first verdict every endpoint counts as healthy.
final class HealthChecker {
    private let probes: [HealthProbe]

    init(_ check: Upstream.HealthCheck, of upstream: Upstream, worker: Worker) {
        probes = upstream.endpoints.indices.map { HealthProbe(check, of: upstream, at: $0, worker: worker) }
    }

    func checkDeadlines(now: NIODeadline) {
        for probe in probes {
            probe.checkDeadlines(now: now)
        }
    }

    func stop() {
        for probe in probes {
            probe.stop()
        }
    }
}

/// Sends the checks of one endpoint as requests of their own, through connections of their own, and reads the answers
/// as a client would.
final class HealthProbe: Front {
    private struct Forwarding: Stage {
        let target: Upstream

        func admit(_ exchange: Exchange) -> Eventually<Decision> { .now(.forward(target)) }
    }

    private let check: Upstream.HealthCheck
    private let upstream: Upstream
    private let endpoint: Upstream.Endpoint
    private let state: Upstream.CheckedState
    private let route: Route
    private let worker: Worker
    private var runner: ExchangeRunner?
    private var verdict: CheckVerdict
    private var nextCheck: NIODeadline
    private var isAnswered = false

    init(_ check: Upstream.HealthCheck, of upstream: Upstream, at index: Int, worker: Worker) {
        self.check = check
        self.upstream = upstream
        self.worker = worker
        endpoint = upstream.endpoints[index]
        state = upstream.checkedStates[index]
        verdict = CheckVerdict(healthyCount: check.healthyCount, unhealthyCount: check.unhealthyCount)
        nextCheck = worker.now
        var pooling = Upstream.Pooling()
        pooling.connectionLimit = 1
        pooling.resolveInterval = upstream.pooling.resolveInterval
        let target = Upstream(
            name: upstream.name,
            endpoints: [endpoint],
            transport: upstream.transport,
            tls: upstream.tls,
            timeouts: .init(
                connect: check.timeout,
                response: check.timeout,
                idle: check.timeout,
                total: check.timeout
            ),
            pooling: pooling
        )
        route = Route(name: "health", stages: [Forwarding(target: target)])
    }

    func checkDeadlines(now: NIODeadline) {
        if let runner, runner.isRunning {
            runner.checkDeadlines(now: now)
        } else if now >= nextCheck {
            nextCheck = now + TimeAmount(check.interval)
            send()
        }
    }

    func stop() {
        let runner = runner
        // First: its end is no verdict.
        self.runner = nil
        runner?.drainExpired()
    }

    private func send() {
        let target = check.path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = check.path.dropFirst(target.first?.count ?? 0)
        let request = RequestHead(
            method: .get,
            version: .http1_1,
            authorityBytes: ByteBuffer(),
            pathBytes: ByteBuffer(substring: target.first ?? "/"),
            queryBytes: ByteBuffer(substring: query),
            fields: Fields(),
            body: .none
        )
        // What a check meets is told when it changes something.
        var logger = worker.logger
        logger.logLevel = .critical
        let exchange = Exchange(
            id: worker.nextExchangeID(),
            request: request,
            client: Client(address: nil),
            route: route,
            logger: logger,
            eventLoop: worker.eventLoop
        )
        let runner = self.runner ?? ExchangeRunner(worker: worker, front: self)
        self.runner = runner
        isAnswered = false
        runner.run(exchange, client: ForwardedClient(peer: nil, isTrusted: false))
    }

    private func note(_ isAnswered: Bool) {
        guard runner != nil, verdict.note(isAnswered) else { return }
        state.isHealthy = verdict.isHealthy
        worker.logger.warning(
            verdict.isHealthy ? "an endpoint answers its checks again" : "an endpoint does not answer its checks",
            metadata: ["upstream": .string(upstream.name), "endpoint": .string(endpoint.address)]
        )
    }

    // MARK: Front

    var isWritable: Bool { true }
    var idleTimeout: Duration { check.timeout }
    var limits: MessageLimits { MessageLimits() }
    var awaitsContinue: Bool { false }

    func sendHead(_ head: ResponseHead, body: ResponseBody, closes: Bool) {
        isAnswered = (200..<400).contains(head.status.code)
    }

    func exchangeEnded() { note(isAnswered) }
    func abort() { note(false) }

    func sendContinue() {}
    func sendInformational(_ head: ResponseHead) {}
    func sendPart(_ part: ByteBuffer) {}
    func sendEnd(trailers: Fields) {}
    func flush() {}
    func pullBody() {}
    func recycle(_ exchange: Exchange) {}
}
