internal import GatewayKit
internal import NIOCore

/// The connections of one event loop to one endpoint of an upstream. Belongs to that loop.
final class PooledEndpoint {
    let endpoint: Upstream.Endpoint
    /// Keeps this as well, until the pool dissolves it.
    let owner: PooledUpstream
    private let checkedState: Upstream.CheckedState
    private var health: EndpointHealth

    /// HTTP/1.1 connections that nobody uses.
    var idle: [HTTP1UpstreamConnection] = []
    var shared: [HTTP2UpstreamConnection] = []
    /// Established and being established.
    var count = 0
    var connecting = 0

    init(_ index: Int, of owner: PooledUpstream) {
        self.owner = owner
        let upstream = owner.upstream
        endpoint = upstream.endpoints[index]
        checkedState = upstream.checkedStates[index]
        health = EndpointHealth(limit: upstream.pooling.failureLimit, seed: UInt64(index))
    }

    var upstream: Upstream { owner.upstream }

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

    // MARK: Age

    /// True when the addresses that its name has now may be others than when the connection was made.
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
    /// It could not be connected to, or did not answer a request.
    func failed(at now: NIODeadline) { health.failed(at: now) }
    func tried(at now: NIODeadline) { health.tried(at: now) }
}
