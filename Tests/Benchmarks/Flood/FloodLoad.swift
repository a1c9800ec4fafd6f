internal import Foundation

/// Requests over HTTP/1.1, so many and no more, one after the other on each of some connections that are kept.
///
/// wrk cannot be told how many, nor h2load what each has of its own.
final class FloodLoad {
    private static let connectionCount = 64
    /// Milliseconds.
    private static let patience: Int32 = 30_000

    private var sockets: [Socket] = []
    private var received: [[UInt8]] = []
    /// In the same order, what poll(2) is asked about them; below zero where nothing is waited for.
    private var polled: [pollfd] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(port: Int) throws {
        do {
            for _ in 0..<Self.connectionCount {
                sockets.append(try Socket(connectingTo: port))
                received.append([])
                polled.append(pollfd(fd: -1, events: Int16(POLLIN), revents: 0))
            }
        } catch {
            close()
            throw error
        }
    }

    func close() {
        for socket in sockets { socket.reset() }
        sockets = []
    }

    /// Asks once for each number, and returns when all is answered.
    ///
    /// - Parameter request: the one of a number.
    /// - Returns: how many answers had which status.
    func run(_ numbers: Range<Int>, _ request: (Int) -> String) throws -> [Int: Int] {
        var numbers = numbers.makeIterator()
        var statuses = [Int: Int]()
        var waiting = 0
        for index in sockets.indices {
            guard let number = numbers.next() else { break }
            try ask(request(number), on: index)
            waiting += 1
        }
        while waiting > 0 {
            guard poll(&polled, nfds_t(polled.count), Self.patience) > 0 else {
                throw BenchFailure("\(waiting) requests were never answered")
            }
            for index in sockets.indices where polled[index].revents != 0 {
                guard let status = try read(from: index) else { continue }
                statuses[status, default: 0] += 1
                if let number = numbers.next() {
                    try ask(request(number), on: index)
                } else {
                    polled[index].fd = -1
                    waiting -= 1
                }
            }
        }
        return statuses
    }

    private func ask(_ request: String, on index: Int) throws {
        let bytes = Array(request.utf8)
        guard sockets[index].send(bytes) == bytes.count else { throw BenchFailure("a connection broke") }
        polled[index].fd = sockets[index].descriptor
    }

    /// Reads what came; the status of the answer once that is whole.
    private func read(from index: Int) throws -> Int? {
        let socket = sockets[index]
        let count = buffer.withUnsafeMutableBytes { socket.receive(into: $0, waits: false) }
        guard count > 0 else {
            throw BenchFailure("a connection broke after \(received[index].count) bytes of an answer")
        }
        received[index] += buffer[..<count]
        guard let answer = try SizedAnswer(received[index]) else { return nil }
        received[index].removeAll(keepingCapacity: true)
        return answer.status
    }
}
