import GatewayKit
import GatewayServer
import HTTPTypes
import Logging
import NIOCore
import Testing

/// Upstreams that are known by a name, whose addresses change.
struct UpstreamNameTests {
    private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    private func upstream(
        every interval: Duration = .milliseconds(50),
        _ transport: Upstream.Transport = .http1
    ) -> Upstream {
        var pooling = Upstream.Pooling()
        pooling.resolveInterval = interval
        return Upstream(
            name: "named",
            endpoints: [.init(host: "service.example", port: 1)],
            transport: transport,
            pooling: pooling
        )
    }

    private func answering(_ name: String) async throws -> ScriptedUpstream {
        try await .answering { _ in .ok(name) }
    }

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

    @Test func `the addresses of a name take turns`() async throws {
        let (a, b) = (try await answering("a"), try await answering("b"))
        let resolver = try ScriptedResolver([a.port, b.port])
        try await Gateway.serving([ForwardStage(upstream(every: .seconds(3600)))], resolver: resolver) { gateway in
            let answered = try await answers(4, gateway)
            #expect(answered == ["a", "b", "a", "b"])
            #expect(resolver.questions == 1)
        }
        for service in [a, b] { await service.stop() }
    }

    @Test func `event loops ask together`() async throws {
        let a = try await answering("a")
        let resolver = try ScriptedResolver([a.port])
        let stage = ForwardStage(upstream(every: .seconds(3600)))
        try await Gateway.serving([stage], threads: 4, resolver: resolver) { gateway in
            for _ in 0..<8 {
                let answered = try await answers(1, gateway)
                #expect(answered == ["a"])
            }
            #expect(resolver.questions == 1)
        }
        await a.stop()
    }

    @Test func `an address that joins gets requests, and one that is gone gets none`() async throws {
        let (a, b) = (try await answering("a"), try await answering("b"))
        let resolver = try ScriptedResolver([a.port])
        try await Gateway.serving([ForwardStage(upstream())], resolver: resolver) { gateway in
            var answered = try await answers(2, gateway)
            #expect(answered == ["a", "a"])
            try await resolver.change(to: [a.port, b.port])
            answered = try await answers(4, gateway)
            #expect(answered.sorted() == ["a", "a", "b", "b"])
            try await resolver.change(to: [b.port])
            answered = try await answers(2, gateway)
            #expect(answered == ["b", "b"])
            // What was idle there is closed.
            try await a.connection(0).received.wait(for: "the gateway to let go") { $0.isEnded }
            #expect(gateway.log.entries.value.count { $0.message == "an upstream's name has other addresses" } == 2)
        }
        for service in [a, b] { await service.stop() }
    }

    @Test(arguments: [Upstream.Transport.http1, .http2])
    func `a request to an address that is gone comes to its end`(_ transport: Upstream.Transport) async throws {
        let (gate, journal) = (Watched(false), Journal())
        let slow = LaterStage(journal: journal, gate: gate, decision: .reply(.text("slow")))
        let fast = ReplyStage(.text("fast"))
        try await Gateway.serving([slow]) { old in
            try await Gateway.serving([fast]) { new in
                let resolver = try ScriptedResolver([old.port])
                try await Gateway.serving([ForwardStage(upstream(transport))], resolver: resolver) { gateway in
                    let client = try await gateway.connect()
                    try await client.send(get)
                    _ = try await journal.lines(1)
                    try await resolver.change(to: [new.port])
                    let answered = try await answers(2, gateway)
                    #expect(answered == ["fast", "fast"])
                    #expect(try await old.server.connectionCount() == 1)
                    gate.update { $0 = true }
                    #expect(try await client.response().text == "slow")
                    // With its last request the connection goes.
                    try await old.connections(become: 0)
                }
            }
        }
    }

    @Test func `where the resolver fails the last addresses stay`() async throws {
        let a = try await answering("a")
        let resolver = try ScriptedResolver([a.port])
        try await Gateway.serving([ForwardStage(upstream())], resolver: resolver) { gateway in
            var answered = try await answers(1, gateway)
            #expect(answered == ["a"])
            for answer in [nil, []] as [[Int]?] {
                try await resolver.change(to: answer)
                answered = try await answers(2, gateway)
                #expect(answered == ["a", "a"])
            }
            #expect(a.accepted.count == 1)
            // Once, however often it fails.
            let warnings = gateway.log.entries.value.filter { $0.level == .warning }
            #expect(
                warnings.map(\.message) == ["an upstream's name cannot be looked up; its last addresses stay in use"]
            )
            #expect(warnings.first?.metadata["name"] == "service.example")
        }
        await a.stop()
    }

    @Test func `a name that nobody knows is 502 until somebody does`() async throws {
        let a = try await answering("a")
        let resolver = try ScriptedResolver(nil)
        try await Gateway.serving([ForwardStage(upstream())], resolver: resolver) { gateway in
            var answered = try await answers(2, gateway)
            #expect(answered == ["502", "502"])
            try await resolver.change(to: [a.port])
            answered = try await answers(2, gateway)
            #expect(answered == ["a", "a"])
        }
        await a.stop()
    }

    @Test func `an endpoint that is an address needs no resolver`() async throws {
        let (a, b) = (try await answering("a"), try await answering("b"))
        let resolver = try ScriptedResolver(nil)
        let mixed = Upstream(
            name: "mixed",
            endpoints: [.init(host: "service.example", port: 1), .init(host: "127.0.0.1", port: a.port)]
        )
        try await Gateway.serving([ForwardStage(mixed)], resolver: resolver) { gateway in
            let answered = try await answers(3, gateway)
            #expect(answered == ["a", "a", "a"])
        }
        for service in [a, b] { await service.stop() }
    }

    @Test func `the system knows where localhost is`() async throws {
        let addresses = try await SystemNameResolver().addresses(of: "localhost", port: 8402)
        #expect(addresses.contains(try SocketAddress(ipAddress: "127.0.0.1", port: 8402)))
        #expect(Set(addresses).count == addresses.count)
        await #expect(throws: (any Error).self) {
            try await SystemNameResolver().addresses(of: "no such name", port: 1)
        }
    }
}
