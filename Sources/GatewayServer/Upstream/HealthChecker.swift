internal import GatewayKit
internal import HTTPTypes
internal import Logging
internal import NIOCore

/// Checks the endpoints of one upstream, for all event loops: of a name each address. Belongs to the event loop that
/// claimed it.
///
/// It lives by the ticks of that loop: no task, no timer. An upstream is checked from its first request on, and as
/// long as it is used; until the first verdict every endpoint counts as healthy.
final class HealthChecker {
    private let check: Upstream.HealthCheck
    private let worker: Worker
    private var probes: [HealthProbe] = []

    init(_ check: Upstream.HealthCheck, worker: Worker) {
        self.check = check
        self.worker = worker
    }

    /// - Parameter endpoints: what can be connected to now.
    func checkDeadlines(of endpoints: [PooledEndpoint], now: NIODeadline) {
        if !probes.elementsEqual(endpoints, by: { $0.endpoint === $1 }) { follow(endpoints) }
        for probe in probes {
            probe.checkDeadlines(now: now)
        }
    }

    private func follow(_ endpoints: [PooledEndpoint]) {
        for probe in probes where !endpoints.contains(where: { $0 === probe.endpoint }) {
            probe.stop()
        }
        probes = endpoints.map { endpoint in
            probes.first { $0.endpoint === endpoint } ?? HealthProbe(check, of: endpoint, worker: worker)
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
    let endpoint: PooledEndpoint
    private let route: Route
    private let worker: Worker
    private var runner: ExchangeRunner?
    private var verdict: CheckVerdict
    private var nextCheck: NIODeadline
    private var isAnswered = false

    init(_ check: Upstream.HealthCheck, of endpoint: PooledEndpoint, worker: Worker) {
        self.check = check
        self.endpoint = endpoint
        self.worker = worker
        verdict = CheckVerdict(healthyCount: check.healthyCount, unhealthyCount: check.unhealthyCount)
        nextCheck = worker.now
        // One that was here before, and left, begins anew.
        endpoint.checkedState.isHealthy = verdict.isHealthy
        let upstream = endpoint.upstream
        let place = endpoint.place
        var pooling = Upstream.Pooling()
        pooling.connectionLimit = 1
        let target = Upstream(
            name: upstream.name,
            endpoints: [place],
            transport: upstream.transport,
            tls: endpoint.address == nil ? upstream.tls : upstream.tls?.naming(endpoint.endpoint.host),
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
            // By its name, also where the check goes to one address of it.
            authorityBytes: ByteBuffer(string: endpoint.endpoint.authority),
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
        endpoint.checkedState.isHealthy = verdict.isHealthy
        worker.logger.warning(
            verdict.isHealthy ? "an endpoint answers its checks again" : "an endpoint does not answer its checks",
            metadata: [
                "upstream": .string(endpoint.upstream.name), "endpoint": .string(endpoint.endpoint.address),
                "address": .string(endpoint.place.address),
            ]
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
