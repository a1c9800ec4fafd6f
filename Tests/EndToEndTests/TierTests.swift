import GatewayKit
import L402
import Testing

@Suite struct `A tier of a service` {
    private static func route(_ path: String, tier: Int, price: Int, _ verifier: String = "service") -> String {
        """
          - name: \(path)
            service: data
            match: { path: /\(path) }
            pipeline:
              - auth: { use: l402, valid-for: 1h, tier: \(tier), capabilities: [read, tier-\(tier)] }
              - caveats: [\(verifier), expires, { capabilities: tier-\(tier) }]
              - rate-limit: { limit: 1000/s }
              - price: \(price) sat
              - forward: echo
        """
    }

    private static let routes = [
        route("basic", tier: 0, price: 10),
        route("gold", tier: 2, price: 100),
        """
          - name: shared
            service: data
            match: { path: /shared }
            pipeline:
              - auth: { use: l402, valid-for: 1h, tier: 1, capabilities: read }
              - caveats: [{ service: { higher-tiers: true } }, expires, { capabilities: read }]
              - rate-limit: { limit: 1000/s }
              - price: 20 sat
              - forward: echo
        """,
    ].joined(separator: "\n")

    private static func status(_ token: L402Token, _ path: String, _ gateway: TestGateway) async throws -> Int {
        try await gateway.request(path, [("Authorization", token.authorization)]).status
    }

    @Test func `has a price of its own, and does not open those above it`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let basic = try await gateway.buy("/basic")
            #expect(
                basic.macaroon?.caveats.first.map { String(decoding: $0.identifier, as: UTF8.self) }
                    == "services=data:0"
            )
            #expect(try await Self.status(basic, "/basic", gateway) == 200)
            #expect(try await Self.status(basic, "/gold", gateway) == 402)
            #expect(try await Self.status(basic, "/shared", gateway) == 402)
            let answer = try await gateway.request("/gold", [("Authorization", basic.authorization)])
            #expect(answer.body.contains("\"reason\":\"service\""))
            #expect(answer.body.contains("another tier"))
        }
    }

    @Test func `opens those below it where the policy says so, and nowhere else`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let gold = try await gateway.buy("/gold")
            #expect(try await Self.status(gold, "/gold", gateway) == 200)
            #expect(try await Self.status(gold, "/shared", gateway) == 200)
            #expect(try await Self.status(gold, "/basic", gateway) == 402)
        }
    }

    @Test(arguments: ["data:2", "data:0,data:2", "data:1"])
    func `is not reached by a caveat that the holder adds`(services: String) async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let basic = try await gateway.buy("/basic")
            let widened = try #require(basic.attenuated(with: [Caveat(condition: "services", value: services)]))
            for path in ["/basic", "/gold", "/shared"] {
                #expect(try await Self.status(widened, path, gateway) == 402)
            }
        }
    }

    @Test func `a capability that a holder gives up is gone`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let gold = try await gateway.buy("/gold")
            let reading = try #require(gold.attenuated(with: [Caveat(condition: "data_capabilities", value: "read")]))
            #expect(try await Self.status(reading, "/shared", gateway) == 200)
            #expect(try await Self.status(reading, "/gold", gateway) == 402)
            let widened = try #require(
                reading.attenuated(with: [Caveat(condition: "data_capabilities", value: "read,tier-2")])
            )
            #expect(try await Self.status(widened, "/gold", gateway) == 402)
        }
    }
}
