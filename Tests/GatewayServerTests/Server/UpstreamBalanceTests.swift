import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import NIOPosix
import Testing

struct UpstreamBalanceTests {
    private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    private func upstream(_ ports: Int..., pooling: Upstream.Pooling = .init(), limit: Int = 3) -> Upstream {
        var pooling = pooling
        pooling.failureLimit = limit
        return Upstream(
            name: "several",
            endpoints: ports.map { .init(host: "127.0.0.1", port: $0) },
            pooling: pooling
        )
    }

    private func answering(_ name: String) async throws -> ScriptedUpstream {
        try await .answering { _ in .ok(name) }
    }

    /// Accepts a request and closes instead of an answer.
    private func closing() async throws -> ScriptedUpstream {
        try await .start { connection in
            _ = try await connection.request()
            await connection.close()
        }
    }

    /// The answers to requests one after the other: the body of a 200, otherwise the status.
    private func answers(_ count: Int, _ gateway: Gateway) async throws -> [String] {
        let client = try await gateway.connect()
        var answers = [String]()
        for _ in 0..<count {
            try await client.send(get)
            let response = try await client.response()
            answers.append(response.status == 200 ? response.text : "\(response.status)")
        }
        return answers
    }

    @Test func `endpoints take turns`() async throws {
        let (a, b, c) = (try await answering("a"), try await answering("b"), try await answering("c"))
        try await Gateway.serving([ForwardStage(upstream(a.port, b.port, c.port))]) { gateway in
            let answered = try await answers(6, gateway)
            #expect(answered == ["a", "b", "c", "a", "b", "c"])
            #expect(a.accepted.count == 1)
        }
        for service in [a, b, c] { await service.stop() }
    }

    @Test func `the endpoint with the fewest requests is next`() async throws {
        let (gate, seen) = (Watched(false), Watched(0))
        let slow = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            seen.update { $0 += 1 }
            try await gate.wait(for: "the gate") { $0 }
            try await connection.send(.ok("slow"))
        }
        let fast = try await answering("fast")
        var pooling = Upstream.Pooling()
        pooling.balance = .leastRequests
        try await Gateway.serving([ForwardStage(upstream(slow.port, fast.port, pooling: pooling))]) { gateway in
            let first = try await gateway.connect()
            try await first.send(get)
            try await seen.wait(for: "the slow request") { $0 == 1 }
            let answered = try await answers(5, gateway)
            #expect(answered == Array(repeating: "fast", count: 5))
            gate.update { $0 = true }
            #expect(try await first.response().text == "slow")
        }
        for service in [slow, fast] { await service.stop() }
    }

    @Test func `an endpoint that cannot be reached costs no request`() async throws {
        let closed = try await ScriptedUpstream.closedPort()
        let b = try await answering("b")
        try await Gateway.serving([ForwardStage(upstream(closed, b.port))]) { gateway in
            let answered = try await answers(6, gateway)
            #expect(answered == Array(repeating: "b", count: 6))
        }
        await b.stop()
    }

    @Test func `where no endpoint can be reached it is 502`() async throws {
        let ports = (try await ScriptedUpstream.closedPort(), try await ScriptedUpstream.closedPort())
        try await Gateway.serving([ForwardStage(upstream(ports.0, ports.1))]) { gateway in
            let answered = try await answers(5, gateway)
            #expect(answered == Array(repeating: "502", count: 5))
        }
    }

    @Test func `an endpoint that failed several times in a row is left out`() async throws {
        let (bad, good) = (try await closing(), try await answering("good"))
        try await Gateway.serving([ForwardStage(upstream(bad.port, good.port, limit: 2))]) { gateway in
            let answered = try await answers(6, gateway)
            #expect(answered == ["502", "good", "502", "good", "good", "good"])
            #expect(bad.accepted.count == 2)
        }
        for service in [bad, good] { await service.stop() }
    }

    @Test func `where all endpoints are out all are tried`() async throws {
        let (a, b) = (try await closing(), try await closing())
        try await Gateway.serving([ForwardStage(upstream(a.port, b.port, limit: 1))]) { gateway in
            let answered = try await answers(6, gateway)
            #expect(answered == Array(repeating: "502", count: 6))
            #expect(a.accepted.count == 3 && b.accepted.count == 3)
        }
        for service in [a, b] { await service.stop() }
    }

    @Test func `a request beyond the longest line is 503 at once`() async throws {
        let (gate, seen, journal) = (Watched(false), Watched(0), Journal())
        let service = try await ScriptedUpstream.start { connection in
            while true {
                _ = try await connection.request()
                seen.update { $0 += 1 }
                try await gate.wait(for: "the gate") { $0 }
                try await connection.send(.ok())
            }
        }
        var pooling = Upstream.Pooling()
        pooling.connectionLimit = 1
        pooling.waitingLimit = 1
        let stages: [any Stage] = [
            RecordingStage("a", journal), ForwardStage(upstream(service.port, pooling: pooling)),
        ]
        try await Gateway.serving(stages) { gateway in
            let (first, second) = (try await gateway.connect(), try await gateway.connect())
            try await first.send(get)
            try await seen.wait(for: "the first request") { $0 == 1 }
            try await second.send(get)
            try await journal.wait(for: "both to be admitted") { $0.count == 2 }
            let third = try await gateway.connect()
            try await third.send(get)
            let refusal = try await third.response()
            #expect(refusal.status == 503)
            #expect(refusal["retry-after"] == "1")
            gate.update { $0 = true }
            #expect(try await first.response().status == 200)
            #expect(try await second.response().status == 200)
        }
        await service.stop()
    }

    @Test(arguments: [true, false])
    func `a connection that is idle for too long or too old is closed`(byAge: Bool) async throws {
        let service = try await answering("ok")
        var pooling = Upstream.Pooling()
        if byAge { pooling.connectionAge = .milliseconds(100) } else { pooling.idleTime = .milliseconds(100) }
        try await Gateway.serving([ForwardStage(upstream(service.port, pooling: pooling))]) { gateway in
            let first = try await answers(1, gateway)
            #expect(first == ["ok"])
            try await service.connection(0).received.wait(for: "the gateway to let go") { $0.isEnded }
            let again = try await answers(1, gateway)
            #expect(again == ["ok"])
            #expect(service.accepted.count == 2)
        }
        await service.stop()
    }

    @Test(arguments: [Upstream.Transport.http1, .http2])
    func `an upstream can listen on a Unix socket`(transport: Upstream.Transport) async throws {
        let folder = try TLSFolder()
        let path = folder.path("upstream.sock")
        let journal = Journal()
        let group = MultiThreadedEventLoopGroup.singleton
        let stage = ClosureStage { exchange in
            journal.note("\(exchange.request.version) \(exchange.request.authority)")
            return .now(.reply(.text("unix")))
        }
        let service = try await GatewayServer(
            listeners: [
                .init(
                    ListenerSettings(socketPath: path),
                    routing: SingleRoute(Route(name: "unix", stages: [stage]))
                )
            ],
            group: group,
            logger: CapturedLog().logger
        ).start()
        let upstream = Upstream(name: "unix", endpoints: [.init(socketPath: path)], transport: transport)
        try await Gateway.serving([ForwardStage(upstream)]) { gateway in
            let answered = try await answers(2, gateway)
            #expect(answered == ["unix", "unix"])
        }
        await service.drain()
        #expect(journal.value == Array(repeating: transport == .http1 ? "http1_1 a" : "http2 a", count: 2))
    }
}
