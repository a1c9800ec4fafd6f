internal import GatewayKit
internal import NIOCore

/// One upstream on one event loop: its endpoints, and the requests that wait for a connection to any of them.
final class PooledUpstream {
    /// An endpoint that is looked up.
    private struct Name {
        let index: Int
        var nextLookup: NIODeadline
        /// The answer has not come yet.
        var isOpen = false
    }

    let upstream: Upstream
    /// What can be connected to: of a name, each of its addresses, once they are known.
    private(set) var endpoints: [PooledEndpoint] = []
    /// Of no name any more, with connections that are still open.
    private var leaving: [PooledEndpoint] = []
    private var names: [Name] = []
    var waiting = CircularBuffer<UpstreamPool.Ticket>()
    /// When a request last asked for a connection.
    var lastUse: NIODeadline
    /// Where the next round begins.
    private var next = 0
    private var checker: HealthChecker?
    private var isDissolved = false

    /// How long an upstream that nobody uses is remembered, longer than any endpoint stays out; so long it is checked.
    private static let memory = TimeAmount.minutes(10)
    /// How soon a name that has never had an address is looked up again, unless it is due sooner.
    private static let unknownPause = Duration.seconds(1)

    init(_ upstream: Upstream, at now: NIODeadline) {
        self.upstream = upstream
        lastUse = now
        for (index, endpoint) in upstream.endpoints.enumerated() {
            if endpoint.isNamed {
                names.append(Name(index: index, nextLookup: now))
            } else {
                endpoints.append(PooledEndpoint(index, of: self, seed: index))
            }
        }
    }

    /// Of no more use: its endpoints, and who waits for one, do not keep it any longer.
    func dissolve() {
        stopChecks()
        isDissolved = true
        endpoints = []
        leaving = []
        waiting = []
    }

    var count: Int { endpoints.reduce(leaving.reduce(0) { $0 + $1.count }) { $0 + $1.count } }
    var connecting: Int { endpoints.reduce(0) { $0 + $1.connecting } }

    /// How many requests the connections that are being established will be good for.
    var expected: Int {
        upstream.transport == .http1 ? connecting : connecting * upstream.pooling.streamLimit
    }

    /// True when no plan uses it any more, as far as this event loop can tell.
    func isForgotten(at now: NIODeadline) -> Bool {
        waiting.isEmpty && now - lastUse > Self.memory && count == 0
    }

    // MARK: Names

    /// An answer of the resolver is on its way.
    var isResolving: Bool { names.contains(where: \.isOpen) }

    /// - Returns: the endpoints of the upstream to look up now. Each is `resolved` once.
    func takeDueNames(at now: NIODeadline) -> [Int] {
        var due: [Int] = []
        for position in names.indices where !names[position].isOpen && names[position].nextLookup <= now {
            names[position].isOpen = true
            names[position].nextLookup = now + TimeAmount(upstream.pooling.resolveInterval)
            due.append(names[position].index)
        }
        return due
    }

    /// - Parameter addresses: `nil`: as before. Where there are none before, the next look-up is soon.
    func resolved(_ index: Int, to addresses: [SocketAddress]?, at now: NIODeadline) {
        guard !isDissolved, let position = names.firstIndex(where: { $0.index == index }) else { return }
        names[position].isOpen = false
        guard let addresses else {
            let pause = min(upstream.pooling.resolveInterval, Self.unknownPause)
            names[position].nextLookup = now + TimeAmount(pause)
            return
        }
        let others = endpoints.filter { $0.index != index }
        var current = endpoints.filter { $0.index == index }
        let gone = current.filter { endpoint in !addresses.contains { $0 == endpoint.address } }
        current.removeAll { endpoint in gone.contains { $0 === endpoint } }
        for address in addresses where !current.contains(where: { $0.address == address }) {
            current.append(PooledEndpoint(index, at: address, of: self, seed: others.count + current.count))
        }
        endpoints = others + current
        leaving += gone
        for endpoint in gone {
            endpoint.leave()
        }
        forgetLeft()
    }

    /// Lets go of endpoints that have left and have no connection any more.
    func forgetLeft() {
        if !leaving.isEmpty { leaving.removeAll { $0.count == 0 } }
    }

    // MARK: Choosing

    /// The endpoint for the next request by the upstream's balance: among those that are in use, except `avoided` where
    /// there is another one; among all of them where none is.
    ///
    /// - Returns: `nil` when none of these `fits`.
    func choose(
        at now: NIODeadline,
        avoiding avoided: PooledEndpoint? = nil,
        where fits: (PooledEndpoint) -> Bool
    ) -> PooledEndpoint? {
        if endpoints.count == 1 { return fits(endpoints[0]) ? endpoints[0] : nil }
        let best = endpoints.reduce(Int.max) { min($0, rank($1, at: now, avoiding: avoided)) }
        var chosen: Int?
        var least = Int.max
        for offset in endpoints.indices {
            let index = (next + offset) % endpoints.count
            let endpoint = endpoints[index]
            guard rank(endpoint, at: now, avoiding: avoided) == best, fits(endpoint) else { continue }
            if upstream.pooling.balance == .roundRobin {
                chosen = index
                break
            }
            let load = endpoint.load
            if load < least {
                chosen = index
                least = load
            }
        }
        guard let chosen else { return nil }
        next = (chosen + 1) % endpoints.count
        endpoints[chosen].tried(at: now)
        return endpoints[chosen]
    }

    private func rank(_ endpoint: PooledEndpoint, at now: NIODeadline, avoiding avoided: PooledEndpoint?) -> Int {
        (endpoint.isOut(at: now) || endpoint.isSlow(at: now) ? 2 : 0) + (endpoint === avoided ? 1 : 0)
    }

    /// Requests wait, and no endpoint that is being connected to answers.
    func isStalled(at now: NIODeadline) -> Bool {
        !waiting.isEmpty && connecting > 0
            && endpoints.allSatisfy { $0.connecting == 0 || $0.isSlow(at: now) }
    }

    /// What can take a request that has waited: any endpoint's, rather one that is not out.
    func free(
        at now: NIODeadline,
        avoiding avoided: PooledEndpoint?,
        for runner: ExchangeRunner
    ) -> (any UpstreamExchange)? {
        for endpoint in endpoints where endpoint !== avoided && endpoint.hasFree && !endpoint.isOut(at: now) {
            if let exchange = endpoint.free(for: runner) { return exchange }
        }
        for endpoint in endpoints where endpoint !== avoided && endpoint.hasFree {
            if let exchange = endpoint.free(for: runner) { return exchange }
        }
        return nil
    }

    // MARK: Time

    /// Called several times a second.
    ///
    /// - Parameter worker: whose pool this stands in, which is why it is not kept here.
    func checkDeadlines(now: NIODeadline, for worker: Worker) {
        for endpoint in endpoints {
            endpoint.checkDeadlines(now: now)
        }
        for endpoint in leaving {
            endpoint.checkDeadlines(now: now)
        }
        while let ticket = waiting.first, ticket.isCancelled || ticket.deadline < now {
            waiting.removeFirst()
            ticket.end(with: .failure(connecting > 0 || isResolving ? .timeout : .busy))
        }
        guard let check = upstream.healthCheck else { return }
        if let checker {
            checker.checkDeadlines(of: endpoints, now: now)
            if now - lastUse > Self.memory { stopChecks() }
        } else if now - lastUse <= Self.memory, upstream.claimChecks() {
            checker = HealthChecker(check, worker: worker)
        }
    }

    func stopChecks() {
        guard let checker else { return }
        self.checker = nil
        checker.stop()
        upstream.yieldChecks()
    }
}
