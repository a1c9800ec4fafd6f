import GatewayKit
import L402
import NIOHTTP1
import Testing
import sluice

/// What a browser sees of a gateway in front of another origin.
struct CrossOriginTests {
    private static let routes = """
          - name: quotes
            match: { path: /quotes, method: POST }
            pipeline: [ { cors: https://app.example.com }, use: paid ]
          - name: closed
            match: { path: /closed }
            pipeline: [ use: paid ]
        """

    private static func asking(_ method: String, from origin: String = "https://app.example.com") -> [(String, String)]
    {
        [("Origin", origin), ("Access-Control-Request-Method", method)]
    }

    @Test func `a preflight is answered for the route whose method it announces, without invoice and upstream`()
        async throws
    {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let granted = try await gateway.request("/quotes", method: .OPTIONS, Self.asking("POST"))
            #expect(granted.status == 204)
            #expect(granted.headers["access-control-allow-origin"] == ["https://app.example.com"])
            #expect(granted.headers["www-authenticate"].isEmpty)
            #expect(granted.body.isEmpty)
            let refused = try await gateway.request(
                "/quotes",
                method: .OPTIONS,
                Self.asking("POST", from: "https://b.c")
            )
            #expect(refused.status == 403)
            let other = try await gateway.request("/quotes", method: .OPTIONS, Self.asking("DELETE"))
            #expect(other.status == 404)
        }
    }

    @Test func `a preflight for a route that is not for other origins gets no offer, and does not reach the upstream`()
        async throws
    {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let closed = try await gateway.request("/closed", method: .OPTIONS, Self.asking("GET"))
            #expect(closed.status == 403)
            #expect(closed.headers["www-authenticate"].isEmpty)
            #expect(closed.headers["access-control-allow-origin"].isEmpty)
            let asked = try await gateway.request("/closed", method: .OPTIONS)
            #expect(asked.status == 402)
        }
    }

    @Test func `a page can read the challenge of a 402, and the paid answer`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let fields = [("Origin", "https://app.example.com")]
            let unpaid = try await gateway.request("/quotes", method: .POST, fields)
            #expect(unpaid.status == 402)
            #expect(unpaid.headers["access-control-allow-origin"] == ["https://app.example.com"])
            #expect(unpaid.headers["access-control-expose-headers"].first?.contains("WWW-Authenticate") == true)
            #expect(unpaid.headers["vary"].contains("Origin"))
            let preimage = try await gateway.pay(try #require(unpaid.challenge).invoice)
            let token = try #require(unpaid.challenge).paid(with: preimage)
            let paid = try await gateway.request(
                "/quotes",
                method: .POST,
                fields + [("Authorization", token.authorization)]
            )
            #expect(paid.status == 200)
            #expect(paid.headers["access-control-allow-origin"] == ["https://app.example.com"])
        }
    }
}
