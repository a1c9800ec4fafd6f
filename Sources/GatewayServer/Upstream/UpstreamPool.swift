internal import GatewayKit
internal import NIOCore
internal import NIOPosix

/// The connections of one event loop to all upstreams. Belongs to that loop.
final class UpstreamPool {
    enum Acquisition {
        case connection(UpstreamConnection)
        /// `ExchangeRunner.upstreamReady` follows, unless the ticket is cancelled.
        case pending(Ticket)
        case refused(UpstreamFailure)
    }

    /// A place in the line for a connection.
    final class Ticket {
        fileprivate var runner: ExchangeRunner?
        fileprivate let deadline: NIODeadline

        fileprivate init(runner: ExchangeRunner, deadline: NIODeadline) {
            self.runner = runner
            self.deadline = deadline
        }

        func cancel() {
            runner = nil
        }
    }

    /// The connections to one upstream.
    final class Entry {
        let upstream: Upstream
        fileprivate var idle: [UpstreamConnection] = []
        /// Established and being established.
        fileprivate var count = 0
        fileprivate var waiting = CircularBuffer<Ticket>()

        fileprivate init(_ upstream: Upstream) {
            self.upstream = upstream
        }
    }

    /// Requests that may stand in line for one upstream; more are refused at once.
    private static let longestLine = 1_024
    /// A connection that nobody used for so long is closed.
    private static let longestIdle = TimeAmount.seconds(60)

    private let eventLoop: any EventLoop
    private var entries: [ObjectIdentifier: Entry] = [:]

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func acquire(_ upstream: Upstream, for runner: ExchangeRunner) -> Acquisition {
        let entry = entry(for: upstream)
        while let connection = entry.idle.popLast() {
            guard connection.isOpen else { continue }
            connection.begin(for: runner)
            return .connection(connection)
        }
        let ticket = Ticket(runner: runner, deadline: eventLoop.now + TimeAmount(upstream.timeouts.connect))
        if entry.count < upstream.connectionLimit {
            establish(entry, ticket)
            return .pending(ticket)
        }
        guard entry.waiting.count < Self.longestLine else { return .refused(.busy) }
        entry.waiting.append(ticket)
        return .pending(ticket)
    }

    private func entry(for upstream: Upstream) -> Entry {
        if let entry = entries[ObjectIdentifier(upstream)] { return entry }
        let entry = Entry(upstream)
        entries[ObjectIdentifier(upstream)] = entry
        return entry
    }

    private func establish(_ entry: Entry, _ ticket: Ticket) {
        entry.count += 1
        let upstream = entry.upstream
        let pool = NIOLoopBound((self, entry), eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: .init(low: 32 * 1024, high: 128 * 1024))
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 128 * 1024)
            )
            .connectTimeout(TimeAmount(upstream.timeouts.connect))
            .channelInitializer { channel in
                // One for each attempt: a name with several addresses is tried on more than one channel.
                channel.eventLoop.makeCompletedFuture {
                    let (pool, entry) = pool.value
                    try channel.pipeline.syncOperations.addHandler(UpstreamConnection(entry: entry, pool: pool))
                }
            }
            .connect(host: upstream.host, port: upstream.port)
            .assumeIsolated()
            .flatMapThrowing { try $0.pipeline.syncOperations.handler(type: UpstreamConnection.self) }
            .whenComplete { result in
                let runner = ticket.runner
                ticket.runner = nil
                switch result {
                case .success(let connection):
                    connection.isEstablished = true
                    self.offer(connection)
                    guard let runner else { return self.serveNext(of: entry) }
                    self.serve(runner, from: entry)
                case .failure(let error):
                    entry.count -= 1
                    let isTimeout = if case .connectTimeout? = error as? ChannelError { true } else { false }
                    runner?.upstreamReady(.failure(isTimeout ? .timeout : .unreachable))
                    self.serveNext(of: entry)
                }
            }
    }

    /// Gives the runner an idle connection, or puts it back in line if another was faster.
    private func serve(_ runner: ExchangeRunner, from entry: Entry) {
        switch acquire(entry.upstream, for: runner) {
        case .connection(let connection): runner.upstreamReady(.success(connection))
        case .pending(let ticket): runner.wait(with: ticket)
        case .refused(let failure): runner.upstreamReady(.failure(failure))
        }
    }

    private func offer(_ connection: UpstreamConnection) {
        guard connection.isOpen else { return }
        connection.idleSince = eventLoop.now
        connection.entry.idle.append(connection)
    }

    /// A connection is free again.
    func release(_ connection: UpstreamConnection) {
        offer(connection)
        serveNext(of: connection.entry)
    }

    private func serveNext(of entry: Entry) {
        while let ticket = entry.waiting.popFirst() {
            guard let runner = ticket.runner else { continue }
            ticket.runner = nil
            serve(runner, from: entry)
            return
        }
    }

    /// A connection is no more.
    func closed(_ connection: UpstreamConnection) {
        let entry = connection.entry
        entry.count -= 1
        entry.idle.removeAll { $0 === connection }
        serveNext(of: entry)
    }

    /// Called several times a second.
    func checkDeadlines(now: NIODeadline) {
        for (key, entry) in entries {
            for connection in entry.idle where now - connection.idleSince > Self.longestIdle {
                connection.close()
            }
            while let ticket = entry.waiting.first, ticket.runner == nil || ticket.deadline < now {
                entry.waiting.removeFirst()
                let runner = ticket.runner
                ticket.runner = nil
                runner?.upstreamReady(.failure(.busy))
            }
            // An upstream of an earlier plan goes when its last connection does.
            if entry.count == 0, entry.waiting.isEmpty {
                entries[key] = nil
            }
        }
    }

    /// No exchange is left: nothing is kept open.
    func closeIdle() {
        for entry in entries.values {
            for connection in entry.idle {
                connection.close()
            }
        }
    }

    /// Connections that are open or being opened.
    var connectionCount: Int {
        entries.values.reduce(0) { $0 + $1.count }
    }
}
