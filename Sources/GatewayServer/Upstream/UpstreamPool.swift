internal import GatewayKit
internal import NIOCore

/// The connections of one event loop to all upstreams. Belongs to that loop.
final class UpstreamPool {
    enum Acquisition {
        case connection(any UpstreamExchange)
        /// `ExchangeRunner.upstreamReady` follows, unless the ticket is cancelled.
        case pending(Ticket)
        case refused(UpstreamFailure)
    }

    /// A place in the line for a connection.
    final class Ticket {
        private(set) var runner: ExchangeRunner?
        /// When the request has waited for too long.
        var deadline: NIODeadline
        /// Connections that could not be established while it was first in line.
        var failures = 0

        /// Where the request failed before.
        fileprivate let avoided: PooledEndpoint?

        fileprivate init(runner: ExchangeRunner, deadline: NIODeadline, avoided: PooledEndpoint?) {
            self.runner = runner
            self.deadline = deadline
            self.avoided = avoided
        }

        var isCancelled: Bool { runner == nil }

        func cancel() {
            runner = nil
        }

        func end(with result: Result<any UpstreamExchange, UpstreamFailure>) {
            let runner = runner
            self.runner = nil
            runner?.upstreamReady(result)
        }
    }

    let eventLoop: any EventLoop
    let tls: UpstreamTLSContexts
    let names: UpstreamNames
    private var upstreams: [ObjectIdentifier: PooledUpstream] = [:]
    private var isClosing = false

    let flushes: FlushQueue

    init(eventLoop: any EventLoop, tls: UpstreamTLSContexts, names: UpstreamNames, flushes: FlushQueue) {
        self.eventLoop = eventLoop
        self.tls = tls
        self.names = names
        self.flushes = flushes
    }

    deinit {
        for pooled in upstreams.values {
            pooled.dissolve()
        }
    }

    // MARK: Taking

    /// - Parameter avoided: where the same request failed before.
    func acquire(
        _ upstream: Upstream,
        for runner: ExchangeRunner,
        avoiding avoided: PooledEndpoint? = nil
    ) -> Acquisition {
        let now = runner.worker.now
        let pooled = pooled(upstream, at: now)
        pooled.lastUse = now
        if pooled.endpoints.isEmpty {
            resolve(pooled, at: now)
            guard !pooled.endpoints.isEmpty || pooled.isResolving else { return .refused(.unreachable) }
        }
        let endpoint = pooled.choose(at: now, avoiding: avoided) { $0.hasRoom }
        if let exchange = endpoint?.free(for: runner) { return .connection(exchange) }
        guard pooled.waiting.count < upstream.pooling.waitingLimit else { return .refused(.busy) }
        let ticket = Ticket(
            runner: runner,
            deadline: eventLoop.now + TimeAmount(upstream.timeouts.connect),
            avoided: avoided
        )
        pooled.waiting.append(ticket)
        if pooled.expected < pooled.waiting.count, let endpoint, endpoint.mayConnect {
            establish(endpoint)
        } else {
            hasten(pooled, at: now)
        }
        return .pending(ticket)
    }

    private func pooled(_ upstream: Upstream, at now: NIODeadline) -> PooledUpstream {
        if let pooled = upstreams[ObjectIdentifier(upstream)] { return pooled }
        let pooled = PooledUpstream(upstream, at: now)
        upstreams[ObjectIdentifier(upstream)] = pooled
        return pooled
    }

    // MARK: Connecting

    func establish(_ endpoint: PooledEndpoint) {
        endpoint.connects(at: eventLoop.now)
        connect(endpoint).whenComplete { result in
            let now = self.eventLoop.now
            switch result.map(\.value) {
            case .success(.http1(let connection)):
                endpoint.connected(at: now)
                connection.isEstablished = true
                connection.establishedAt = now
                self.release(connection)
            case .success(.http2(let connection)):
                endpoint.connected(at: now)
                connection.isEstablished = true
                connection.establishedAt = now
                connection.idleSince = now
                endpoint.shared.append(connection)
                if endpoint.isLeaving { connection.retire() }
                self.serveNext(of: endpoint.owner, from: endpoint)
            case .failure(let error):
                endpoint.couldNotConnect(at: now)
                endpoint.owner.forgetLeft()
                self.failed(endpoint, error)
            }
        }
    }

    /// Who is first in line waits for another endpoint where there is one that was not tried, and is told otherwise.
    /// Where there is no connection to any, that goes for all who wait.
    private func failed(_ endpoint: PooledEndpoint, _ error: any Error) {
        let owner = endpoint.owner
        let isTimeout = if case .connectTimeout? = error as? ChannelError { true } else { false }
        let concerned = owner.count == 0 ? owner.waiting.count : min(1, owner.waiting.count)
        var patient = [Ticket]()
        for _ in 0..<concerned {
            guard let ticket = owner.waiting.popFirst(), !ticket.isCancelled else { continue }
            ticket.failures += 1
            if ticket.failures < owner.endpoints.count + (endpoint.isLeaving ? 1 : 0) {
                // Nothing was sent yet: the other endpoint gets all the time that this one had.
                ticket.deadline = eventLoop.now + TimeAmount(owner.upstream.timeouts.connect)
                patient.append(ticket)
            } else {
                ticket.end(with: .failure(isTimeout ? .timeout : .unreachable))
            }
        }
        for ticket in patient.reversed() {
            owner.waiting.prepend(ticket)
        }
        serveNext(of: owner, avoiding: endpoint)
    }

    // MARK: Giving back

    /// An HTTP/1.1 connection is free.
    func release(_ connection: HTTP1UpstreamConnection) {
        let endpoint = connection.endpoint
        let now = eventLoop.now
        if isClosing || endpoint.isLeaving || endpoint.isTooOld(connection.establishedAt, at: now) {
            connection.close()
        } else if connection.isOpen {
            connection.idleSince = now
            endpoint.idle.append(connection)
        }
        serveNext(of: endpoint.owner, from: endpoint)
    }

    /// An HTTP/2 connection may have room for more.
    func hasRoom(_ connection: HTTP2UpstreamConnection) {
        if connection.isIdle { connection.idleSince = eventLoop.now }
        guard !connection.endpoint.owner.waiting.isEmpty else { return }
        serveNext(of: connection.endpoint.owner, from: connection.endpoint)
    }

    /// Gives what is free to who stands in line, and connects for the rest.
    ///
    /// - Parameters:
    ///   - freed: who has room now.
    ///   - avoided: who could not be connected to.
    func serveNext(
        of pooled: PooledUpstream,
        from freed: PooledEndpoint? = nil,
        avoiding avoided: PooledEndpoint? = nil
    ) {
        guard !pooled.waiting.isEmpty else { return }
        let now = eventLoop.now
        while let ticket = pooled.waiting.first {
            guard let runner = ticket.runner else {
                pooled.waiting.removeFirst()
                continue
            }
            // As long as there is hope for another.
            let avoided = pooled.connecting > 0 ? ticket.avoided : nil
            let first = freed === avoided ? nil : freed
            guard let exchange = first?.free(for: runner) ?? pooled.free(at: now, avoiding: avoided, for: runner) else {
                break
            }
            pooled.waiting.removeFirst()
            ticket.end(with: .success(exchange))
        }
        guard !pooled.waiting.isEmpty, pooled.connecting == 0,
            let endpoint = pooled.choose(at: now, avoiding: avoided, where: { $0.mayConnect })
        else { return }
        establish(endpoint)
    }

    func closed(_ connection: HTTP1UpstreamConnection) {
        connection.endpoint.idle.removeAll { $0 === connection }
        gone(from: connection.endpoint)
    }

    func closed(_ connection: HTTP2UpstreamConnection) {
        connection.endpoint.shared.removeAll { $0 === connection }
        gone(from: connection.endpoint)
    }

    private func gone(from endpoint: PooledEndpoint) {
        endpoint.lost()
        endpoint.owner.forgetLeft()
        serveNext(of: endpoint.owner)
    }

    // MARK: Time

    /// Called several times a second.
    func checkDeadlines(now: NIODeadline, for worker: Worker) {
        for (key, pooled) in upstreams {
            pooled.checkDeadlines(now: now, for: worker)
            resolve(pooled, at: now)
            hasten(pooled, at: now)
            if pooled.isForgotten(at: now) {
                upstreams[key] = nil
                pooled.dissolve()
            }
        }
    }

    /// Who waits for an endpoint that lets nothing be heard is served by another one, if that is there first: half of the
    /// addresses of a name may lead nowhere.
    private func hasten(_ pooled: PooledUpstream, at now: NIODeadline) {
        guard pooled.isStalled(at: now),
            let endpoint = pooled.choose(at: now, where: { $0.connecting == 0 && $0.mayConnect })
        else { return }
        establish(endpoint)
    }

    /// No exchange is left: nothing is kept open.
    func closeIdle() {
        isClosing = true
        for pooled in upstreams.values {
            pooled.stopChecks()
        }
        for endpoint in upstreams.values.flatMap(\.endpoints) {
            endpoint.closeIdle()
        }
    }

    /// Connections that are open or being opened.
    var connectionCount: Int {
        upstreams.values.reduce(0) { $0 + $1.count }
    }
}
