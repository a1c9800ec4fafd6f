import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import NIOPosix
import Testing

struct DrainTests {
    private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `idle connections close and new ones are not taken`() async throws {
        try await Gateway.serving([ReplyStage()], threads: 2) { gateway in
            let (fresh, used) = (try await gateway.connect(), try await gateway.connect())
            try await used.send(get)
            _ = try await used.response()
            await gateway.server.drain()
            #expect(try await fresh.end() == "")
            #expect(try await used.end() == "")
            await #expect(throws: (any Error).self) { try await gateway.connect() }
        }
    }

    @Test func `a running exchange ends with its connection, and does not keep idle ones open`() async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let stages: [any Stage] = [LaterStage(journal: journal, gate: gate), ReplyStage()]
        try await Gateway.serving(stages, threads: 2, drainTimeout: .seconds(20)) { gateway in
            let running = try await gateway.connect()
            try await running.send(get)
            _ = try await journal.lines(1)
            var idle = [RawConnection]()
            for _ in 1...4 {
                idle.append(try await gateway.connect())
            }
            try await gateway.connections(become: 5)
            async let drained: Void = gateway.server.drain()
            for connection in idle {
                #expect(try await connection.end() == "")
            }
            gate.update { $0 = true }
            let response = try await running.response()
            #expect(response.text == "replied")
            #expect(response["connection"] == "close")
            #expect(try await running.end() == "")
            await drained
            #expect(try await journal.lines(3).last == "settle replied 200")
        }
    }

    /// RFC 9113 §6.8: first a GOAWAY that refuses nothing, for what is on its way, then the last one.
    @Test func `a stream of HTTP/2 comes to its end between two GOAWAYs, and then its connection`() async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let stages: [any Stage] = [LaterStage(journal: journal, gate: gate), ReplyStage()]
        try await Gateway.serving(stages, drainTimeout: .seconds(20)) { gateway in
            let (running, idle) = (try await gateway.connect(), try await gateway.connect())
            let opening: [UInt8] = .preface + HTTP2RawFrame.settings().bytes
            try await idle.send(opening)
            try await running.send(opening + HTTP2RawFrame.get(1).bytes)
            _ = try await journal.lines(1)
            try await gateway.connections(become: 2)
            async let drained: Void = gateway.server.drain()
            try await idle.received.wait(for: "the end of an idle connection") { $0.isEnded }
            try await running.received.wait(for: "the last GOAWAY") { Self.goAways(in: $0).count == 2 }
            gate.update { $0 = true }
            let state = try await running.received.wait(for: "the end of the connection") { $0.isEnded }
            #expect(Self.goAways(in: state) == ["GOAWAY 2147483647 0", "GOAWAY 1 0"])
            let body = HTTP2RawFrame.all(in: state.bytes).filter { $0.kind == HTTP2FrameHeader.Kind.data.rawValue }
            #expect(body.flatMap(\.payload) == Array("replied".utf8))
            await drained
            #expect(try await journal.lines(3).last == "settle replied 200")
        }
    }

    private static func goAways(in state: RawConnection.Received) -> [String] {
        HTTP2RawFrame.all(in: state.bytes).map(\.description).filter { $0.hasPrefix("GOAWAY") }
    }

    @Test func `what lasts longer than the timeout is ended`() async throws {
        let journal = Journal()
        let service = try await ScriptedUpstream.start { _ in }
        try await Gateway.forwarding(
            to: service,
            after: [RecordingStage("a", journal)],
            drainTimeout: .milliseconds(300)
        ) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            _ = try await service.connection(0).request()
            await gateway.server.drain()
            #expect(journal.value == ["admit a", "settle a drained -"])
            #expect(try await client.end() == "")
            #expect(try await gateway.server.connectionCount() == 0)
            #expect(try await gateway.server.upstreamConnectionCount() == 0)
        }
    }

    @Test func `a stage that decides after the end is settled`() async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let stages: [any Stage] = [
            RecordingStage("a", journal), LaterStage(journal: journal, gate: gate), ReplyStage(),
        ]
        try await Gateway.serving(stages, drainTimeout: .milliseconds(100)) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            _ = try await journal.lines(2)
            await gateway.server.drain()
            #expect(try await client.end() == "")
            gate.update { $0 = true }
            #expect(try await journal.lines(4).suffix(2) == ["settle drained -", "settle a drained -"])
        }
    }

    @Test func `a response that was given out is taken to its end`() async throws {
        let journal = Journal()
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 16 * 1024 * 1024)
        let stages: [any Stage] = [RecordingStage("a", journal), ReplyStage(Reply(.ok, body: .bytes(body)))]
        try await Gateway.serving(stages, drainTimeout: .seconds(20)) { gateway in
            let client = try await gateway.connect(reads: false)
            try await client.send(get)
            _ = try await journal.lines(3)
            let idle = try await gateway.connect()
            async let drained: Void = gateway.server.drain()
            _ = try await idle.end()
            try await client.startReading()
            let response = try await client.response()
            #expect(response.isWhole)
            #expect(response.body.count == body.readableBytes)
            await drained
        }
    }

    @Test func `idle connections to upstreams close`() async throws {
        let service = try await ScriptedUpstream.answering { _ in .ok() }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            _ = try await client.response()
            #expect(try await gateway.server.upstreamConnectionCount() == 1)
            await gateway.server.drain()
            #expect(try await service.connection(0).end().hasPrefix("GET /") == false)
            #expect(try await gateway.server.upstreamConnectionCount() == 0)
        }
    }

    @Test func `a server that drained drains again at once`() async throws {
        try await Gateway.serving([ReplyStage()]) { gateway in
            await gateway.server.drain()
            await gateway.server.drain()
        }
    }

    @Test func `an address that is taken is named`() async throws {
        try await Gateway.serving([ReplyStage()]) { gateway in
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let taken = ListenerSettings(host: "127.0.0.1", port: gateway.port)
            let route = Route(name: "r", stages: [ReplyStage()])
            let second = GatewayServer(
                listeners: [.init(taken, routing: SingleRoute(route))],
                group: group,
                logger: gateway.log.logger
            )
            await #expect {
                _ = try await second.start()
            } throws: { error in
                "\(error)".contains("127.0.0.1:\(gateway.port)") && "\(error)".contains("in use")
            }
            try await group.shutdownGracefully()
        }
    }
}
