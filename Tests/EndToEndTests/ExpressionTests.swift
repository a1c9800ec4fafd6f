import GatewayKit
import L402
import MPP
import NIOHTTP1
import Testing

/// Expressions of a policy, on whole requests.
@Suite struct `Expressions in a policy` {
    private static let routes = """
          - name: models
            match: { path: /models, method: POST }
            pipeline:
              - auth: { use: l402, valid-for: 1h, constraints: { model: "small,tiny" } }
              - caveats: [service, expires, { condition: model, allow: 'request.json.model in caveat.list', body: 1 KiB }]
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: priced
            match: { path: /priced }
            pipeline:
              - auth: mpp
              - rate-limit: { limit: 1000/s }
              - price: { rules: [{ when: 'request.json.model == "small"', amount: 5 sat }], otherwise: 50 sat }
              - forward: echo
          - name: gold
            match: { path: /plan, when: 'request.headers["x-plan"] == "gold"' }
            pipeline:
              - rate-limit: { limit: 1/h, burst: 1, per: 'request.headers["x-tenant"]' }
              - forward: { to: echo, rewrite: /gold }
          - name: plain
            match: { path: /plan }
            pipeline:
              - rate-limit: { limit: 1000/s }
              - forward: { to: echo, rewrite: /plain }
        """

    private static let json = ("Content-Type", "application/json")

    @Test func `a caveat about the body is what a paid request has to fulfil`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let unpaid = try await gateway.request("/models", method: .POST, [Self.json], body: "{}")
            #expect(unpaid.status == 402)
            let token = try await gateway.pay(unpaid)
            func status(_ body: String) async throws -> (Int, String) {
                let fields = [("Authorization", token.authorization), Self.json]
                let answer = try await gateway.request("/models", method: .POST, fields, body: body)
                return (answer.status, answer.body)
            }
            let small = try await status(#"{"model":"small"}"#)
            #expect(small.0 == 200)
            #expect(small.1.lowercased().contains("content-length: 17\n"))
            for refused in [#"{"model":"large"}"#, #"{"model":"small","Model":"large"}"#, "{}", "no JSON"] {
                let answer = try await status(refused)
                #expect(answer.0 == 402, "\(refused)")
                #expect(answer.1.contains("'model' does not permit this request"), "\(refused)")
            }
            let long = try await status(#"{"model":"small","x":"\#(String(repeating: "x", count: 2_000))"}"#)
            #expect(long.0 == 413)
        }
    }

    @Test func `a price by the body is what its rules say`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            func detail(_ body: String) async throws -> String {
                try await gateway.request("/priced", method: .POST, [Self.json], body: body).body
            }
            let small = try await detail(#"{"model":"small"}"#)
            #expect(small.contains("'priced' costs 5 sat"))
            let other = try await detail(#"{"model":"other"}"#)
            #expect(other.contains("'priced' costs 50 sat"))
            let unreadable = try await detail("no JSON")
            #expect(unreadable.contains("'priced' costs 50 sat"))
        }
    }

    @Test func `what was paid for a cheap body buys no dear one, however its length is told`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            func answer(_ body: String, _ fields: [(String, String)] = []) async throws -> TestGateway.Answer {
                try await gateway.request("/priced", method: .POST, [Self.json] + fields, chunks: body)
            }
            let small = #"{"model":"small"}"#
            let challenge = try #require(try await answer(small).payments.first)
            #expect(challenge.digest != nil)
            let credential = try await gateway.paid(challenge)
            let fields = [("Authorization", credential.authorization)]
            let other = try await answer(#"{"model":"other"}"#, fields)
            expectStatus(402, other)
            let served = try await answer(small, fields)
            expectStatus(200, served)
        }
    }

    @Test func `a body that is too long to be bound is not sold by what is in it`() async throws {
        let routes = Self.routes.replacing("- auth: mpp", with: "- auth: { use: mpp, digest: 16 B }")
        try await TestGateway.with(routes: routes) { gateway in
            let answer = try await gateway.request("/priced", method: .POST, [Self.json], chunks: #"{"model":"small"}"#)
            expectStatus(413, answer)
            #expect(answer.body.contains("longer than 16 B is not sold"))
        }
    }

    @Test func `a condition chooses the route, and a rate limit counts by tenant`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            func answer(_ fields: [(String, String)]) async throws -> TestGateway.Answer {
                try await gateway.request("/plan", fields)
            }
            let plain = try await answer([])
            #expect(plain.body.hasPrefix("GET /plain\n"))
            let gold = try await answer([("X-Plan", "gold"), ("X-Tenant", "a")])
            #expect(gold.body.hasPrefix("GET /gold\n"))
            let again = try await answer([("X-Plan", "gold"), ("X-Tenant", "a")])
            #expect(again.status == 429)
            let other = try await answer([("X-Plan", "gold"), ("X-Tenant", "b")])
            #expect(other.status == 200)
        }
    }
}
