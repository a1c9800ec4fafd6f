import AsyncHTTPClient
import L402
import MPP
import NIOCore
import NIOHTTP1
import Testing

/// The HTTP forms, asked by a plain client.
@Suite(.timeLimit(.minutes(5)))
struct AuthRequestTests {
    private struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let body: String
    }

    private func ask(_ path: String, _ fields: [(String, String)], at gateway: AuthorizingGateway) async throws
        -> Answer
    {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(gateway.httpPort)\(path)")
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 1 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: body))
    }

    private static let original = [
        ("X-Original-URI", "/v1/quotes"), ("X-Original-Method", "GET"), ("X-Real-IP", "203.0.113.9"),
    ]
    private static let forwarded = [
        ("X-Forwarded-Uri", "/v1/quotes"), ("X-Forwarded-Method", "GET"),
        ("X-Forwarded-For", "198.51.100.1, 203.0.113.9"),
        ("X-Forwarded-Host", "api.example.com"), ("X-Forwarded-Proto", "https"),
    ]

    @Test func `nginx gets a 401 without an offer, and the offer where it asks for it, once`() async throws {
        try await AuthorizingGateway.with { gateway in
            let refused = try await ask("/auth-request", Self.original, at: gateway)
            #expect(refused.status == 401)
            #expect(refused.headers["www-authenticate"].isEmpty)
            #expect(refused.headers["sluice-status"] == ["402"])
            let id = try #require(refused.headers.first(name: "sluice-decision"))
            let whole = try await ask("/refusal", [("Sluice-Decision", id)], at: gateway)
            #expect(whole.status == 402)
            #expect(L402Challenge.challenges(in: whole.headers["www-authenticate"]).count == 1)
            #expect(whole.body.contains("payment-required"))
            #expect(whole.headers["sluice-decision"] == [id])
            let again = try await ask("/refusal", [("Sluice-Decision", id)], at: gateway)
            #expect(again.status == 403)
        }
    }

    @Test func `what is paid for passes, and the proxy is told what to add`() async throws {
        try await AuthorizingGateway.with { gateway in
            let refused = try await ask("/forward-auth", Self.forwarded, at: gateway)
            #expect(refused.status == 402)
            let challenge = try #require(L402Challenge.challenges(in: refused.headers["www-authenticate"]).first)
            let token = [("Authorization", try await gateway.token(for: challenge))]
            for (path, fields) in [("/forward-auth", Self.forwarded), ("/auth-request", Self.original)] {
                let allowed = try await ask(path, fields + token, at: gateway)
                #expect(allowed.status == 204)
                #expect(allowed.headers["x-paid"] == ["yes"])
                #expect(allowed.headers["x-sold-by"] == ["sluice"])
            }
        }
    }

    @Test func `no answer is kept of what another proxy serves, and a payment for one request lets one through`()
        async throws
    {
        try await AuthorizingGateway.with { gateway in
            let fields = Self.forwarded.map { ($0.0, $0.0 == "X-Forwarded-Uri" ? "/v1/charged" : $0.1) }
            let refused = try await ask("/forward-auth", fields, at: gateway)
            let challenge = try #require(ChallengeLine.challenges(in: refused.headers["www-authenticate"]).first)
            let credential = [
                ("Authorization", try await gateway.charge(for: challenge)), ("Idempotency-Key", "\"one\""),
            ]
            let first = try await ask("/forward-auth", fields + credential, at: gateway)
            #expect(first.status == 204)
            let second = try await ask("/forward-auth", fields + credential, at: gateway)
            #expect(second.status == 402)
        }
    }

    @Test(arguments: ["/auth-request", "/forward-auth"])
    func `what the gateway answers itself lets nothing through, whatever its status`(_ path: String) async throws {
        let policy = """
            version: 1
            listen: 127.0.0.1:0
            lightning: { use: dev, listen: 127.0.0.1:0 }
            store: { use: memory }
            routes: [{ name: a, match: {}, pipeline: [{ respond: { status: 200, body: "from the gateway" } }] }]
            """
        try await AuthorizingGateway.with(policy) { gateway in
            let fields = path == "/auth-request" ? Self.original : Self.forwarded
            let answer = try await ask(path, fields, at: gateway)
            #expect(answer.status == 403)
            #expect(answer.headers["sluice-status"] == ["200"])
        }
    }

    @Test(arguments: ["/auth-request", "/forward-auth"])
    func `a client that says that it speaks gRPC is let through no more than others`(_ path: String) async throws {
        try await AuthorizingGateway.with { gateway in
            let field = [("Content-Type", "application/grpc")]
            let told = path == "/auth-request" ? Self.original : Self.forwarded
            let unpaid = try await ask(path, told + field, at: gateway)
            #expect(unpaid.status == 403)
            let untold = try await ask(path, field, at: gateway)
            #expect(untold.status == 403)
        }
    }

    @Test(arguments: ["/auth-request", "/forward-auth"])
    func `fields of the other kind of proxy, which a client may send, are not believed`(_ path: String) async throws {
        try await AuthorizingGateway.with { gateway in
            let others = path == "/auth-request" ? Self.forwarded : Self.original
            let answer = try await ask(path, others, at: gateway)
            #expect(answer.status == 403)
            #expect(answer.body.contains("the proxy does not tell"))
        }
    }

    @Test(arguments: ["X-Forwarded-Uri", "X-Forwarded-Host", "X-Forwarded-Method"])
    func `what is told twice may be the client's, and is not believed`(_ name: String) async throws {
        try await AuthorizingGateway.with { gateway in
            let answer = try await ask("/forward-auth", Self.forwarded + [(name, "/v1/quotes")], at: gateway)
            #expect(answer.status == 403)
        }
    }

    @Test(arguments: [
        ("X-Original-URI", "quotes"), ("X-Original-URI", "/a b"), ("X-Original-Method", "G T"), ("X-Real-IP", "me"),
        ("X-Real-IP", ""),
    ]) func `what no client can have sent is refused`(_ name: String, _ value: String) async throws {
        try await AuthorizingGateway.with { gateway in
            let fields = Self.original.filter { $0.0 != name } + [(name, value)]
            let answer = try await ask("/auth-request", fields, at: gateway)
            #expect(answer.status == 403)
        }
    }

    @Test func `there is nothing else to ask for`() async throws {
        try await AuthorizingGateway.with { gateway in
            let answer = try await ask("/v1/quotes", Self.original, at: gateway)
            #expect(answer.status == 404)
        }
    }
}
