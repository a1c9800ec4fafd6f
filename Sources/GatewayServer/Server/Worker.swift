internal import GatewayKit
internal import Logging
internal import NIOCore

/// All that one event loop serves: its clients' connections, its upstream connections, its clock. Belongs to that loop.
final class Worker {
    /// How often standing connections are looked for.
    private static let tick = TimeAmount.milliseconds(100)

    let eventLoop: any EventLoop
    let logger: Logger
    let time: TimeSource
    /// `nil`: requests are not written down.
    var accessLog: AccessLog?
    /// `nil`: what was refused is not kept for its operator.
    let decisions: RecentDecisions?
    /// For the lines of the access log, one after the other.
    var accessLogLine = ByteBuffer()
    let flushes: FlushQueue
    private(set) var pool: UpstreamPool
    /// In a trial, what stands in place of every upstream.
    var canned: CannedUpstreams?
    /// The time of the last tick: exact enough for timeouts, and free.
    private(set) var now: NIODeadline
    private(set) var isDraining = false
    /// The value of a `Date` field (RFC 9110 §6.6.1), made once a second.
    private(set) var date: String
    private var dateSeconds: Int64

    private var connections: [any ClientConnection] = []
    private var nextExchange: UInt64
    private var ticker: RepeatedTask?
    private var whenEmpty: EventLoopPromise<Void>?
    /// Entrances that are closed and have connections.
    private var closing: [Entrance] = []

    init(
        eventLoop: any EventLoop,
        time: TimeSource,
        logger: Logger,
        accessLog: AccessLog?,
        decisions: RecentDecisions? = nil,
        tls: UpstreamTLSContexts,
        names: UpstreamNames
    ) {
        self.eventLoop = eventLoop
        self.time = time
        self.logger = logger
        self.accessLog = accessLog
        self.decisions = decisions
        flushes = FlushQueue(eventLoop: eventLoop)
        pool = UpstreamPool(eventLoop: eventLoop, tls: tls, names: names, flushes: flushes)
        now = eventLoop.now
        dateSeconds = time.now().seconds
        date = HTTPDate.text(dateSeconds)
        nextExchange = UInt64.random(in: .min ... .max)
    }

    func start() {
        let worker = NIOLoopBound(self, eventLoop: eventLoop)
        ticker = eventLoop.scheduleRepeatedTask(initialDelay: Self.tick, delay: Self.tick) { _ in
            worker.value.tick()
        }
    }

    private func tick() {
        refreshTime()
        // Backwards: what is closed is replaced by the last one.
        for index in connections.indices.reversed() where index < connections.count {
            connections[index].checkDeadlines(now: now)
        }
        drainClosing()
        pool.checkDeadlines(now: now, for: self)
    }

    func refreshTime() {
        now = eventLoop.now
        let seconds = time.now().seconds
        if seconds != dateSeconds {
            dateSeconds = seconds
            date = HTTPDate.text(seconds)
        }
    }

    /// Unlike any other of this process, and hard to guess from those before.
    func nextExchangeID() -> ExchangeID {
        nextExchange &+= 0x9E37_79B9_7F4A_7C15
        var mixed = nextExchange
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return ExchangeID(mixed ^ (mixed >> 31))
    }

    // MARK: Connections

    /// Connections, and requests whose body never comes, that were ended because only an attacker does so.
    private(set) var abuseCount: UInt64 = 0

    /// Client connections that were closed at once, since there were too many.
    private(set) var refusedConnectionCount: UInt64 = 0

    func countRefusedConnection() {
        refusedConnectionCount += 1
    }

    func countAbuse() {
        abuseCount += 1
    }

    var connectionCount: Int { connections.count }

    func add(_ connection: any ClientConnection) {
        connection.index = connections.count
        connections.append(connection)
    }

    func remove(_ connection: any ClientConnection) {
        let index = connection.index
        guard index < connections.count, connections[index] === connection, let last = connections.popLast() else {
            return
        }
        if last !== connection {
            connections[index] = last
            last.index = index
        }
        finishIfEmpty()
    }

    // MARK: Draining

    /// Lets the connections of an entrance that is closed end with their exchanges.
    func close(_ entrance: Entrance, within limit: Duration) {
        entrance.close(expiry: now + TimeAmount(limit))
        closing.append(entrance)
    }

    private func drainClosing() {
        guard !closing.isEmpty else { return }
        closing.removeAll { $0.isEmpty }
        for entrance in closing {
            entrance.drain(now: now)
        }
    }

    /// Closes what is idle, lets what runs come to its end.
    ///
    /// - Returns: succeeds when the last connection is gone.
    func drain() -> EventLoopFuture<Void> {
        isDraining = true
        let promise = whenEmpty ?? eventLoop.makePromise()
        whenEmpty = promise
        for connection in connections {
            connection.drain()
        }
        finishIfEmpty()
        return promise.futureResult
    }

    /// Ends what still runs.
    func expire() {
        for connection in connections {
            connection.expire()
        }
    }

    private func finishIfEmpty() {
        guard isDraining, connections.isEmpty, let whenEmpty else { return }
        self.whenEmpty = nil
        ticker?.cancel()
        closing = []
        pool.closeIdle()
        whenEmpty.succeed()
    }
}
