import GatewayKit
import L402
import MPP
import NIOHTTP1
import Testing

@Suite struct `Where no invoice is made` {
    private static let routes = """
          - name: data
            match: { path: /v1/* }
            pipeline:
              - use: either-scheme
              - price: { use: static, amount: 10 sat, skip-invoice: [/v1/feed, "/v1/{name}/events", /v1/streams/*] }
              - forward: { to: echo, rewrite: /echo }
          - name: calls
            service: data
            match: { grpc: test.Feed/* }
            pipeline:
              - use: either-scheme
              - price: { use: static, amount: 10 sat, skip-invoice: true }
              - forward: { to: echo, rewrite: /echo }
        """

    @Test(arguments: ["/v1/feed", "/v1/a/events", "/v1/streams/a", "/v1/streams/a/b", "/v1//feed", "/v1/x/../feed"])
    func `a request without a token is refused`(path: String) async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            _ = try await gateway.request("/dev/behaviour", method: .POST, body: #"{"mode":"down"}"#, at: gateway.node)
            let answer = try await gateway.request(path)
            #expect(answer.status == 401)
            #expect(answer.headers["www-authenticate"] == ["L402 realm=\"data\"", "Payment realm=\"127.0.0.1\""])
            #expect(answer.challenge == nil)
            #expect(answer.payments.isEmpty)
        }
    }

    @Test(arguments: ["/v1/feeds", "/v1/feed/x", "/v1/a/b/events", "/v1/streams", "/v1/events"])
    func `stands what the policy says, and nothing else`(path: String) async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let status = try await gateway.request(path).status
            #expect(status == 402)
        }
    }

    @Test func `a token that was bought elsewhere opens it, and one that does not count says why`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let token = try await gateway.buy("/v1/other")
            expectStatus(200, try await gateway.request("/v1/feed", [("Authorization", token.authorization)]))
            let refused = try await gateway.request("/v1/feed", [("Authorization", "L402 nonsense")])
            #expect(refused.status == 401)
            #expect(refused.problem?["reason"]?.text == "malformed")
        }
    }

    @Test func `a gRPC client is not told to pay`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let answer = try await gateway.request(
                "/test.Feed/Subscribe",
                method: .POST,
                [("Content-Type", "application/grpc"), ("TE", "trailers")],
                body: "\0\0\0\0\0"
            )
            #expect(answer.status == 200)
            #expect(answer.headers["grpc-status"] == ["16"])
            #expect(answer.headers["grpc-message"].first?.hasPrefix("unauthorized") == true)
            #expect(answer.challenge == nil)
        }
    }
}
