import GatewayKit
import L402
import Testing

/// `spend-limit` in a gateway with a store on disk: a token of 35 sat, and routes whose requests cost 10.
@Suite struct `A spend limit` {
    private static func route(_ name: String, to upstream: String = "{ to: echo, rewrite: /echo }") -> String {
        """
          - name: \(name)
            service: shop
            match: { path: /\(name) }
            pipeline:
              - auth: { use: l402, valid-for: 1h, constraints: { spend-limit: 35 sat } }
              - caveats: [service, expires, { spend-limit: 10 sat }]
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: \(upstream)
        """
    }

    private static let routes = [
        route("shop"),
        route("unreachable", to: "nobody"),
        route("failing", to: "{ to: echo, rewrite: /status/500 }"),
        route("refusing", to: "{ to: echo, rewrite: /status/404 }"),
    ].joined(separator: "\n")

    /// The statuses of so many requests, one after the other.
    private static func statuses(
        of count: Int,
        _ path: String,
        _ token: L402Token,
        _ gateway: TestGateway
    ) async throws -> [Int] {
        var statuses = [Int]()
        for _ in 0..<count {
            statuses.append(try await gateway.request(path, [("Authorization", token.authorization)]).status)
        }
        return statuses
    }

    @Test func `buys as many requests as it pays for, and then the answer is a fresh offer`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let token = try await gateway.buy("/shop")
            #expect(try await Self.statuses(of: 4, "/shop", token, gateway) == [200, 200, 200, 402])
            let answer = try await gateway.request("/shop", [("Authorization", token.authorization)])
            #expect(answer.challenge != nil)
            #expect(answer.body.contains("\"reason\":\"used\""))
            let next = try await gateway.pay(answer)
            #expect(try await Self.statuses(of: 1, "/shop", next, gateway) == [200])
        }
    }

    @Test func `lets exactly as many of many requests at once through`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let token = try await gateway.buy("/shop")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<24 {
                    group.addTask {
                        try await gateway.request("/shop", [("Authorization", token.authorization)]).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 3)
            #expect(statuses.count { $0 == 402 } == 21)
        }
    }

    @Test func `is given back what came of nothing`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let token = try await gateway.buy("/shop")
            #expect(try await Self.statuses(of: 4, "/unreachable", token, gateway) == [502, 502, 502, 502])
            #expect(try await Self.statuses(of: 4, "/failing", token, gateway) == [500, 500, 500, 500])
            #expect(try await Self.statuses(of: 1, "/refusing", token, gateway) == [404])
            #expect(try await Self.statuses(of: 3, "/shop", token, gateway) == [200, 200, 402])
        }
    }

    @Test func `is one purse for all copies of a token, each with a limit of its own`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let token = try await gateway.buy("/shop")
            let small = try #require(token.attenuated(with: [Caveat(condition: "spend-limit", value: "10 sat")]))
            let wide = try #require(token.attenuated(with: [Caveat(condition: "spend-limit", value: "100 sat")]))
            #expect(try await Self.statuses(of: 1, "/shop", wide, gateway) == [402])
            #expect(try await Self.statuses(of: 2, "/shop", small, gateway) == [200, 402])
            #expect(try await Self.statuses(of: 3, "/shop", token, gateway) == [200, 200, 402])
        }
    }

    @Test func `is kept over a restart`() async throws {
        let folder = try TemporaryFolder()
        let token = try await TestGateway.with(routes: Self.routes, folder: folder.path) { gateway in
            let token = try await gateway.buy("/shop")
            #expect(try await Self.statuses(of: 2, "/shop", token, gateway) == [200, 200])
            return token
        }
        try await TestGateway.with(routes: Self.routes, folder: folder.path) { gateway in
            let statuses = try await Self.statuses(of: 2, "/shop", token, gateway)
            #expect(statuses == [200, 402])
        }
    }
}
