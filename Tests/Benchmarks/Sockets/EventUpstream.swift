internal import Foundation
internal import Synchronization

/// A service that sends an event on each of its streams 20 times a second, spread evenly over time.
final class EventUpstream: Sendable {
    /// Once an event, and nowhere else in an answer.
    static let mark = UInt8(ascii: "#")

    /// So many parts of the streams take turns.
    private static let turns = 10
    private static let turn = Duration.milliseconds(5)
    private static let head = """
        HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\
        Transfer-Encoding: chunked\r\n\r\n
        """
    private static let event = "64\r\ndata: #" + String(repeating: "x", count: 91) + "\n\n\r\n"

    private struct State {
        var streams: [Socket] = []
        var sent = 0
        var isStopped = false
    }

    let port: Int
    private let listener: Socket
    private let state = Mutex(State())

    init() throws {
        listener = try Socket(listeningOn: 0)
        port = try listener.port()
        Thread.detachNewThread { self.accept() }
        Thread.detachNewThread { self.sendEvents() }
    }

    /// How many events were sent, on all streams.
    var sent: Int { state.withLock { $0.sent } }

    func stop() {
        state.withLock { $0.isStopped = true }
        listener.shutDown()
    }

    private func accept() {
        while let stream = listener.accepted() {
            guard (try? stream.setReceiveTimeout(seconds: 5)) != nil, Self.hasAsked(stream),
                stream.send(Array(Self.head.utf8)) > 0
            else {
                stream.close()
                continue
            }
            let isStopped = state.withLock { state in
                if !state.isStopped { state.streams.append(stream) }
                return state.isStopped
            }
            if isStopped { stream.close() }
        }
        listener.close()
    }

    /// Reads a request's head, which comes whole from those who are measured or not at all.
    private static func hasAsked(_ stream: Socket) -> Bool {
        var bytes = [UInt8]()
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while bytes.suffix(4) != Array("\r\n\r\n".utf8)[...] {
            let count = buffer.withUnsafeMutableBytes { stream.receive(into: $0) }
            guard count > 0 else { return false }
            bytes += buffer[..<count]
        }
        return true
    }

    private func sendEvents() {
        let event = Array(Self.event.utf8)
        var next = ContinuousClock.now
        var turn = 0
        while true {
            let isStopped = state.withLock { state in
                guard !state.isStopped else {
                    for stream in state.streams { stream.close() }
                    state.streams = []
                    return true
                }
                for index in state.streams.indices.reversed() where index % Self.turns == turn {
                    if state.streams[index].send(event, waits: false) == event.count {
                        state.sent += 1
                    } else {
                        // Left, or so slow that it would get half an event.
                        state.streams.remove(at: index).close()
                    }
                }
                return false
            }
            guard !isStopped else { return }
            turn = (turn + 1) % Self.turns
            next += Self.turn
            Thread.sleep(forTimeInterval: max(0, (next - .now).seconds))
        }
    }
}
