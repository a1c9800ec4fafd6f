internal import GatewayKit
internal import NIOCore

/// The connections of one event loop to one endpoint of an upstream. Belongs to that loop.
final class PooledEndpoint {
    /// Of the upstream's endpoint.
    let index: Int
    let endpoint: Upstream.Endpoint
    /// Keeps this as well, until the pool dissolves it.
    let owner: PooledUpstream
    /// One of those that its name has; `nil` where it has no name.
    let address: SocketAddress?
    /// Its name has that address no longer: it gets no more requests.
    private(set) var isLeaving = false
    /// What its checks found, for all event loops.
    let checkedState: Upstream.CheckedState
    private var health: EndpointHealth

    /// HTTP/1.1 connections that nobody uses.
    var idle: [HTTP1UpstreamConnection] = []
    var shared: [HTTP2UpstreamConnection] = []
    /// Established and being established.
    private(set) var count = 0
    private(set) var connecting = 0
    /// Since when a connection has been on its way, and none has come to stand.
    private var connectingSince: NIODeadline?

    /// - Parameters:
    ///   - index: of the upstream's endpoint.
    ///   - seed: endpoints that failed at the same time come back at different ones.
    init(_ index: Int, at address: SocketAddress? = nil, of owner: PooledUpstream, seed: Int) {
        self.owner = owner
        self.index = index
        self.address = address
        let upstream = owner.upstream
        endpoint = upstream.endpoints[index]
        let state = upstream.checkedStates[index]
        checkedState = address.map(state.state) ?? state
        health = EndpointHealth(limit: upstream.pooling.failureLimit, seed: UInt64(seed))
    }

    var upstream: Upstream { owner.upstream }

    /// Where connections go: an address, or a Unix socket.
    var place: Upstream.Endpoint {
        guard let address, let host = address.ipAddress else { return endpoint }
        return Upstream.Endpoint(host: host, port: address.port ?? endpoint.port)
    }

    /// Gives no more connections away; those that carry requests end with them.
    func leave() {
        isLeaving = true
        closeIdle()
        for connection in shared {
            connection.retire()
        }
    }

    // MARK: Room

    var mayConnect: Bool { count < upstream.pooling.connectionLimit }
    var hasRoom: Bool { mayConnect || hasFree }
    var hasFree: Bool { !idle.isEmpty || shared.contains(where: \.hasRoom) }

    /// Requests that are under way, and connections that are about to take one.
    var load: Int {
        shared.reduce(count - idle.count - shared.count) { $0 + $1.streamCount }
    }

    /// What can take a request at once: the HTTP/1.1 connection that was used last, or a stream of the emptiest HTTP/2
    /// connection.
    func free(for runner: ExchangeRunner) -> (any UpstreamExchange)? {
        while let connection = idle.popLast() {
            guard connection.isOpen else { continue }
            connection.begin(for: runner)
            return connection
        }
        var best: HTTP2UpstreamConnection?
        for connection in shared where connection.hasRoom {
            if connection.streamCount < best?.streamCount ?? .max { best = connection }
        }
        return best?.begin(for: runner)
    }

    // MARK: Connecting

    /// How long a connection may be on its way before another endpoint is asked as well (RFC 8305 §5).
    private static let patience = TimeAmount.milliseconds(250)

    func connects(at now: NIODeadline) {
        count += 1
        connecting += 1
        connectingSince = connectingSince ?? now
    }

    func connected(at now: NIODeadline) {
        connecting -= 1
        connectingSince = connecting > 0 ? now : nil
    }

    func couldNotConnect(at now: NIODeadline) {
        connected(at: now)
        count -= 1
        // A name has others as a rule, and often one family of addresses leads nowhere at all.
        health.failed(at: now, isConclusive: address != nil)
    }

    func lost() { count -= 1 }

    /// It has no connection, and takes its time to have one.
    func isSlow(at now: NIODeadline) -> Bool {
        guard let connectingSince, connecting == count else { return false }
        return now - connectingSince >= Self.patience
    }

    // MARK: Age

    func isTooOld(_ established: NIODeadline, at now: NIODeadline) -> Bool {
        guard let age = upstream.pooling.connectionAge else { return false }
        return now - established > TimeAmount(age)
    }

    /// Called several times a second: closes what is of no more use.
    func checkDeadlines(now: NIODeadline) {
        let idleTime = TimeAmount(upstream.pooling.idleTime)
        for connection in idle
        where now - connection.idleSince > idleTime || isTooOld(connection.establishedAt, at: now) {
            connection.close()
        }
        for connection in shared {
            // One that is used goes on for what it carries, unless there could be no other beside it.
            if mayConnect, isTooOld(connection.establishedAt, at: now) { connection.retire() }
            if connection.isIdle, now - connection.idleSince > idleTime { connection.close() }
        }
    }

    func closeIdle() {
        for connection in idle {
            connection.close()
        }
        for connection in shared where connection.isIdle {
            connection.close()
        }
    }

    // MARK: Health

    /// Its checks fail, or it failed too often.
    func isOut(at now: NIODeadline) -> Bool {
        !checkedState.isHealthy || health.isOut(at: now)
    }

    /// It has answered a request.
    func succeeded() { health.succeeded() }
    /// It did not answer a request.
    func failed(at now: NIODeadline) { health.failed(at: now) }
    func tried(at now: NIODeadline) { health.tried(at: now) }
}
