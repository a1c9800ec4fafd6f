internal import Foundation

/// Clients that read a stream of events each, and count what comes.
final class EventReaders {
    private static let request = Array("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".utf8)

    private var sockets: [Socket] = []
    private var counts: [Int]
    private var haveBegun: [Bool]
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(count: Int, port: Int) throws {
        counts = Array(repeating: 0, count: count)
        haveBegun = Array(repeating: false, count: count)
        do {
            for _ in 0..<count {
                let socket = try Socket(connectingTo: port)
                sockets.append(socket)
                guard socket.send(Self.request) == Self.request.count else { throw BenchFailure("a stream broke") }
            }
        } catch {
            close()
            throw error
        }
    }

    /// How many events have come, on all streams.
    var events: Int { counts.reduce(0, +) }

    /// Reads until each stream had an event.
    func waitForFirst(within limit: Duration) throws {
        let deadline = ContinuousClock.now + limit
        while counts.contains(0) {
            guard ContinuousClock.now < deadline else {
                throw BenchFailure("\(counts.count { $0 == 0 }) of \(counts.count) streams had no event")
            }
            try read(for: .milliseconds(20))
        }
    }

    /// Reads what comes, 50 times a second: waiting for each event would cost more than the events.
    func read(for length: Duration) throws {
        let end = ContinuousClock.now + length
        while ContinuousClock.now < end {
            Thread.sleep(forTimeInterval: 0.02)
            for index in sockets.indices { try readOnce(index) }
        }
    }

    func close() {
        for socket in sockets { socket.reset() }
        sockets = []
    }

    private func readOnce(_ index: Int) throws {
        let count = buffer.withUnsafeMutableBytes { sockets[index].receive(into: $0, waits: false) }
        guard count != 0 else { throw BenchFailure("a stream ended after \(counts[index]) events") }
        guard count > 0 else { return }
        if !haveBegun[index] {
            try Answer.check(buffer[..<count])
            haveBegun[index] = true
        }
        counts[index] += buffer[..<count].count { $0 == EventUpstream.mark }
    }
}
