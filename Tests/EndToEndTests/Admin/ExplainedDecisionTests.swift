import GatewayKit
import GatewayTesting
import NIOCore
import NIOHTTP1
import Testing
import sluice

/// What a running gateway tells its operator about a request.
struct ExplainedDecisionTests {
    private static let listen = """
        127.0.0.1:0
        trace: { token: a-token-of-the-operator }
        admin: { listen: 127.0.0.1:0 }
        """

    private func explained(_ id: String, _ gateway: TestGateway) async throws -> TestGateway.Answer {
        let port = try #require(gateway.running.addresses.last?.port)
        return try await gateway.request("/explain/\(id)", at: "http://127.0.0.1:\(port)")
    }

    @Test func `a refusal is looked up by the id that its client was told`() async throws {
        try await TestGateway.with(listen: Self.listen) { gateway in
            let refused = try await gateway.request("/quotes")
            let id = try #require(refused.headers["sluice-decision"].first)
            let answer = try await explained(id, gateway)
            expectStatus(200, answer)
            #expect(answer.body.contains(#""isTraced" : false"#))
            #expect(answer.body.contains(#""word" : "price""#))
            #expect(answer.body.contains(#""status" : 402"#))
            #expect(answer.body.contains("test.yaml:"))
        }
    }

    @Test func `a gateway that listens for its operator at a socket is asked there`() async throws {
        let folder = try TemporaryFolder()
        let address = "unix:\(folder.path)/admin.sock"
        try await TestGateway.with(listen: "127.0.0.1:0\nadmin: { listen: '\(address)' }") { gateway in
            let refused = try await gateway.request("/quotes")
            let id = try #require(refused.headers["sluice-decision"].first)
            let explained = try await SluiceCommand.run(["explain", id, "--admin", address])
            #expect(explained.status == 0, "\(explained.error)")
            #expect(explained.text.contains(#""word" : "price""#))
        }
        withExtendedLifetime(folder) {}
    }

    @Test func `a request with the trace token is explained whole, whatever became of it`() async throws {
        try await TestGateway.with(listen: Self.listen) { gateway in
            let served = try await gateway.request("/free/echo", [("Sluice-Trace", "a-token-of-the-operator")])
            expectStatus(200, served)
            #expect(served.headers["sluice-explanation"].first?.contains("rate-limit") == true)
            #expect(!served.body.lowercased().contains("a-token-of-the-operator"))
            let answer = try await explained(try #require(served.headers["sluice-decision"].first), gateway)
            #expect(answer.body.contains(#""isTraced" : true"#))
            #expect(!answer.body.contains("a-token-of-the-operator"))
        }
    }

    @Test func `nothing is known of other requests`() async throws {
        try await TestGateway.with(listen: Self.listen) { gateway in
            expectStatus(404, try await explained("0123456789abcdef", gateway))
            expectStatus(400, try await explained("0123", gateway))
            expectStatus(400, try await explained("+123456789abcdef", gateway))
        }
    }

    @Test func `the last decisions are kept, and no more`() {
        let decisions = RecentDecisions(capacity: 2)
        for number in 1...3 {
            let exchange = Exchange(
                id: ExchangeID(UInt64(number)),
                request: .example(),
                client: Client(address: nil),
                route: Route(name: "a", stages: []),
                logger: Exchange.example().logger,
                eventLoop: Exchange.example().eventLoop
            )
            decisions.add(
                RecentDecision(
                    of: exchange,
                    at: WallTime(seconds: 0),
                    admitted: 0,
                    decider: nil,
                    refusal: nil,
                    outcome: Outcome(end: .replied, status: nil, requestBytes: 0, responseBytes: 0)
                )
            )
        }
        #expect(decisions.decision(ExchangeID(1)) == nil)
        #expect(decisions.decision(ExchangeID(2)) != nil)
        #expect(decisions.decision(ExchangeID(3)) != nil)
    }
}
