internal import Foundation

/// HTTP/1.1 requests at a rate, however slowly they are answered.
///
/// A latency counts from when the request was due, so that waiting for a free connection is in it (no coordinated
/// omission). What is due and what has come is looked at every 50 us only, since the upstream needs the core, too.
///
/// h2load's `--rps` is not used: it lets its clients ask in clumps, each of them waits for its own answer, and then it
/// counts from when the request was sent.
final class OpenLoop {
    private static let connectionCount = 128
    private static let warmUp = Duration.milliseconds(500)
    private static let pause = timespec(tv_sec: 0, tv_nsec: 50_000)
    private static let request = Array("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)

    private var sockets: [Socket] = []
    private var free: [Int] = []
    /// For each connection, when the request that it carries was due.
    private var due: [ContinuousClock.Instant] = []
    private var received: [[UInt8]] = []
    /// The connections that wait for an answer, and in the same order what poll(2) is asked about them.
    private var busy: [Int] = []
    private var polled: [pollfd] = []
    private var latencies: [Duration] = []
    private var buffer = [UInt8](repeating: 0, count: 4_096)

    init(port: Int) throws {
        // Timers are late by 50 us otherwise (proc_pid_timerslack_ns(5)).
        try? Data("1000".utf8).write(to: URL(fileURLWithPath: "/proc/self/timerslack_ns"))
        for number in 0..<Self.connectionCount {
            sockets.append(try Socket(connectingTo: port))
            free.append(number)
            due.append(.now)
            received.append([])
        }
    }

    func close() {
        for socket in sockets { socket.reset() }
        sockets = []
    }

    /// Asks `rate` times a second, for as long as said and the warm-up before it.
    ///
    /// - Throws: `BenchFailure` when not all were answered well, or not in time.
    func run(rate: Double, for length: Duration) throws -> LoadResult {
        let start = ContinuousClock.now
        let measuredFrom = start + Self.warmUp
        let end = measuredFrom + length
        var arrivals = Arrivals(rate: rate, from: start)
        while arrivals.next < end || !busy.isEmpty {
            let now = ContinuousClock.now
            guard now < end + .seconds(10) else { throw BenchFailure("\(busy.count) requests were never answered") }
            guard now < arrivals.next + .seconds(1) || arrivals.next >= end else { throw tooMuch(rate) }
            while arrivals.next <= now, arrivals.next < end, let connection = free.popLast() {
                due[connection] = arrivals.next
                try ask(on: connection)
                arrivals.advance()
            }
            try readAnswers(measuredFrom)
            var pause = Self.pause
            nanosleep(&pause, nil)
        }
        guard ContinuousClock.now < end + .seconds(1) else { throw tooMuch(rate) }
        guard !latencies.isEmpty else { throw BenchFailure("no request was answered") }
        return LoadResult(latencies: latencies, duration: length)
    }

    private func tooMuch(_ rate: Double) -> BenchFailure {
        BenchFailure("\(Int(rate)) requests a second are more than it can answer")
    }

    private func ask(on connection: Int) throws {
        guard sockets[connection].send(Self.request, waits: false) == Self.request.count else {
            throw BenchFailure("a connection broke")
        }
        busy.append(connection)
        polled.append(pollfd(fd: sockets[connection].descriptor, events: Int16(POLLIN), revents: 0))
    }

    private func readAnswers(_ measuredFrom: ContinuousClock.Instant) throws {
        guard poll(&polled, nfds_t(polled.count), 0) > 0 else { return }
        // Backwards, because one that was answered is replaced by the last.
        for index in busy.indices.reversed() where polled[index].revents != 0 {
            let connection = busy[index]
            guard try isAnswered(connection) else { continue }
            if due[connection] >= measuredFrom { latencies.append(.now - due[connection]) }
            received[connection].removeAll(keepingCapacity: true)
            busy.swapAt(index, busy.count - 1)
            busy.removeLast()
            polled.swapAt(index, polled.count - 1)
            polled.removeLast()
            free.append(connection)
        }
    }

    /// Reads what came; true once the answer is whole.
    private func isAnswered(_ connection: Int) throws -> Bool {
        let count = buffer.withUnsafeMutableBytes { sockets[connection].receive(into: $0, waits: false) }
        guard count > 0 else {
            let reason = count == 0 ? "it was closed" : String(cString: strerror(errno))
            throw BenchFailure("a connection broke after \(received[connection].count) bytes of an answer: \(reason)")
        }
        received[connection] += buffer[..<count]
        return try Answer.isWhole(received[connection])
    }
}
