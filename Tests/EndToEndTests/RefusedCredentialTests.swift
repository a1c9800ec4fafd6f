import GatewayKit
import GatewayTesting
import L402
import NIOHTTP1
import Testing

@Suite struct `A credential that does not count` {
    /// Presents a token at `/quotes` and checks that the 402 has a fresh challenge and says why.
    private func expectRefusal(_ token: L402Token, _ reason: String, at gateway: TestGateway, path: String = "/quotes")
        async throws
    {
        let answer = try await gateway.request(path, [("Authorization", token.authorization)])
        #expect(answer.status == 402)
        #expect(answer.challenge != nil)
        #expect(answer.challenge?.token != token.token)
        #expect(answer.body.contains("\"reason\":\"\(reason)\""), "\(answer.body)")
        #expect(!answer.body.contains(token.preimage.bytes.hex))
    }

    @Test func `a wrong preimage is told apart`() async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            try await expectRefusal(
                L402Token(token: token.token, preimage: Preimage(.random())),
                "preimage",
                at: gateway
            )
        }
    }

    @Test func `a token of another gateway is told apart`() async throws {
        let foreign = try await TestGateway.with { try await $0.buy("/quotes") }
        try await TestGateway.with { try await expectRefusal(foreign, "signature", at: $0) }
    }

    @Test func `a token for another service is told apart`() async throws {
        try await TestGateway.with { gateway in
            try await expectRefusal(try await gateway.buy("/other"), "service", at: gateway)
        }
    }

    @Test func `an expired token is told apart`() async throws {
        let time = ManualTime()
        try await TestGateway.with(time: time.source) { gateway in
            let token = try await gateway.buy("/quotes")
            expectStatus(200, try await gateway.request("/quotes", [("Authorization", token.authorization)]))
            time.advance(by: .seconds(3_601))
            try await expectRefusal(token, "expired", at: gateway)
        }
    }

    @Test func `a revoked token is told apart`() async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            let identifier = try #require(token.macaroon.flatMap { L402Identifier($0.identifier) })
            gateway.revocations.insert([CredentialID(identifier.tokenID)])
            try await expectRefusal(token, "revoked", at: gateway)
        }
    }

    @Test func `a caveat that nobody understands refuses`() async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            let narrowed = try #require(token.attenuated(with: [Caveat(condition: "moon", value: "full")]))
            try await expectRefusal(narrowed, "unknown-caveat", at: gateway)
        }
    }

    @Test func `a holder may narrow a token`() async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            let narrowed = try #require(
                token.attenuated(with: [
                    Caveat(condition: "path", value: "/quotes"), Caveat(condition: "method", value: "GET"),
                    Caveat(condition: "address", value: "127.0.0.0/8"),
                ])
            )
            expectStatus(200, try await gateway.request("/quotes", [("Authorization", narrowed.authorization)]))
            let elsewhere = try #require(token.attenuated(with: [Caveat(condition: "address", value: "192.0.2.1")]))
            try await expectRefusal(elsewhere, "caveat", at: gateway)
        }
    }

    @Test func `nobody may widen a token`() async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/other")
            let widened = try #require(
                token.attenuated(with: [Caveat(condition: "services", value: "other:0,quotes:0")])
            )
            let answer = try await gateway.request("/quotes", [("Authorization", widened.authorization)])
            #expect(answer.status == 402)
        }
    }

    @Test func `garbage is answered with a fresh challenge too`() async throws {
        try await TestGateway.with { gateway in
            let answer = try await gateway.request("/quotes", [("Authorization", "L402 nonsense")])
            #expect(answer.status == 402)
            #expect(answer.challenge != nil)
            #expect(answer.body.contains("\"reason\":\"malformed\""))
        }
    }

    @Test func `where nothing is sold it is answered by naming the scheme, and offers nothing`() async throws {
        let routes = """
              - name: members
                match: { path: /members }
                pipeline:
                  - auth: { use: l402, valid-for: 1h }
                  - caveats: [service, expires, path, method, address]
                  - forward: echo
            """
        try await TestGateway.with(routes: routes) { gateway in
            let answer = try await gateway.request("/members", [("Authorization", "L402 nonsense")])
            #expect(answer.status == 401)
            #expect(answer.headers["www-authenticate"] == ["L402 realm=\"members\""])
            #expect(answer.challenge == nil)
            #expect(answer.body.contains("\"reason\":\"malformed\""))
        }
    }

    @Test func `too many requests are told when to come back`() async throws {
        try await TestGateway.with(time: ManualTime().source) { gateway in
            var statuses = [Int]()
            for _ in 0..<2 { statuses.append(try await gateway.request("/limited").status) }
            let refused = try await gateway.request("/limited")
            #expect(statuses == [200, 200])
            #expect(refused.status == 429)
            #expect(refused.headers["retry-after"] == ["3600"])
        }
    }
}
