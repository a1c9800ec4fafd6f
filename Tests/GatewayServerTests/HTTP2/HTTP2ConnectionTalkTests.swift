import GatewayServer
import NIOCore
import Testing

/// A client and a server that talk to each other by nothing but their outputs.
struct HTTP2ConnectionTalkTests {
    /// One side: what it has to send, and what came.
    private struct Side {
        var machine: HTTP2Machine
        /// Bytes on their way to this side.
        var wire: [UInt8] = []
        /// What is still to be sent of each stream's body.
        var unsent: [UInt32: [UInt8]] = [:]
        /// What came and was not consumed yet.
        var unread: [UInt32: Int] = [:]
        var ended: Set<UInt32> = []

        /// Queues a message of this body, its head first.
        mutating func begin(_ stream: UInt32, _ head: [UInt8], _ body: [UInt8]) {
            machine.send(stream, head)
            unsent[stream] = body
        }

        /// Sends a piece of a body, as far as the windows go.
        mutating func sendPiece(of stream: UInt32, _ random: inout SeededRandom) {
            guard let body = unsent[stream] else { return }
            let most = min(machine.connection.sendable(stream), body.count)
            let count = Bool.random(using: &random) ? most : Int.random(in: 0...most, using: &random)
            let isWhole = count == body.count
            guard count > 0 || isWhole else { return }
            let endsByTrailers = isWhole && Bool.random(using: &random)
            machine.connection.writeDataHeader(stream, count: count, endsStream: isWhole && !endsByTrailers)
            machine.connection.output.writeBytes(body.prefix(count))
            if endsByTrailers { machine.send(stream, .someTrailers, ends: true) }
            unsent[stream] = isWhole ? nil : Array(body.dropFirst(count))
        }

        /// Reads some of what is on its way.
        ///
        /// - Returns: the streams that began.
        mutating func read(_ random: inout SeededRandom) -> [UInt32] {
            let count = min(wire.count, Int.random(in: 1...9_000, using: &random))
            let events = machine.read(Array(wire.prefix(count)))
            wire.removeFirst(count)
            var began = [UInt32]()
            for event in events {
                let words = event.split(separator: " ")
                guard words.count > 1, let stream = UInt32(words[1]) else { continue }
                if words[0] == "data" { unread[stream, default: 0] += Int(words[2]) ?? 0 }
                if words[0] == "headers", words.last != "end" { began.append(stream) }
                if words.last == "end" { ended.insert(stream) }
                if words[0] == "fault" || words[0] == "streamFault" { Issue.record("\(event)") }
            }
            return began
        }

        mutating func consume(_ random: inout SeededRandom) {
            guard let stream = Self.any(of: unread, &random), let count = unread[stream] else { return }
            let part = Bool.random(using: &random) ? count : Int.random(in: 0...count, using: &random)
            machine.connection.consumed(part, of: stream)
            unread[stream] = part == count ? nil : count - part
        }

        mutating func write(to other: inout Side) {
            other.wire += machine.connection.output.readableBytesView
            machine.connection.output.clear()
        }

        /// Sorted first: the order of a dictionary is another in every process.
        static func any<Value>(of streams: [UInt32: Value], _ random: inout SeededRandom) -> UInt32? {
            streams.keys.sorted().randomElement(using: &random)
        }

        var isDone: Bool { wire.isEmpty && unsent.isEmpty && unread.isEmpty }
    }

    private static func body(_ random: inout SeededRandom) -> [UInt8] {
        let most = [0, 10, 3_000, 40_000, 150_000][Int.random(in: 0..<5, using: &random)]
        let first = Int.random(in: 0...255, using: &random)
        return (0..<Int.random(in: 0...most, using: &random)).map { UInt8(truncatingIfNeeded: first + $0 / 3) }
    }

    static let windows: [(stream: Int, connection: Int)] = [
        (1_000, 65_535), (100_000, 70_000), (256 * 1024, 1024 * 1024),
    ]

    @Test(arguments: windows, 1...4 as ClosedRange<UInt64>)
    func `all bodies arrive whole in both directions`(
        _ windows: (stream: Int, connection: Int),
        _ seed: UInt64
    ) throws {
        var random = SeededRandom(seed: seed)
        var limits = HTTP2Connection.Limits()
        (limits.streamWindow, limits.connectionWindow, limits.concurrentStreams) = (
            windows.stream, windows.connection, 5
        )
        var client = Side(machine: HTTP2Machine(fresh: .client, limits))
        var server = Side(machine: HTTP2Machine(fresh: .server, limits))
        var (requests, answers): ([UInt32: [UInt8]], [UInt32: [UInt8]]) = ([:], [:])
        var rounds = 0
        repeat {
            rounds += 1
            try #require(rounds < 200_000, "no end")
            server.machine.pass(.milliseconds(2))
            client.write(to: &server)
            server.write(to: &client)
            if requests.count < 24, client.machine.connection.peer.maxConcurrentStreams == 5,
                let stream = client.machine.connection.openStream()
            {
                requests[stream] = Self.body(&random)
                client.begin(stream, .postRequest, requests[stream] ?? [])
            }
            for stream in server.read(&random) {
                answers[stream] = Self.body(&random)
                server.begin(stream, .okResponse, answers[stream] ?? [])
            }
            _ = client.read(&random)
            if let stream = Side.any(of: client.unsent, &random) { client.sendPiece(of: stream, &random) }
            if let stream = Side.any(of: server.unsent, &random) { server.sendPiece(of: stream, &random) }
            client.consume(&random)
            server.consume(&random)
        } while client.ended.count < 24 || server.ended.count < 24 || !client.isDone || !server.isDone
        #expect(server.machine.bodies.filter { !$0.value.isEmpty } == requests.filter { !$0.value.isEmpty })
        #expect(client.machine.bodies.filter { !$0.value.isEmpty } == answers.filter { !$0.value.isEmpty })
        #expect(server.ended == Set(requests.keys) && client.ended == server.ended)
        #expect(client.machine.connection.streamCount == 0 && server.machine.connection.streamCount == 0)
    }
}
