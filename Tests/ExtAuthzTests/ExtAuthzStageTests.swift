import ExtAuthz
import GRPCCore
import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import NIOEmbedded
import RPCTesting
import SwiftProtobuf
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ExtAuthzStageTests {
    typealias Response = Envoy_Service_Auth_V3_CheckResponse
    typealias Header = Envoy_Config_Core_V3_HeaderValueOption

    /// What became of a request.
    private struct Outcome: Sendable {
        /// `nil`: it goes on.
        var status: Int?
        var fields: [String] = []
        var body: String?
        /// What the upstream would get: the lines that are left, and those that came.
        var forwarded: [String] = []
        var target: String?
        /// Of the response, after `adjust`.
        var response: [String] = []
    }

    private func outcome(
        of head: RequestHead = .example(
            .post,
            "/v1/quotes?a=1&b=2",
            host: "api.example.com",
            fields: [
                ("X-Tenant", "a"), ("X-Tenant", "b"), ("X-Forwarded-For", "203.0.113.9"), ("Authorization", "L402 x"),
            ]
        ),
        forwarding body: String? = nil,
        settings: [String: any Sendable] = [:],
        by server: ScriptedAuthorization
    ) async throws -> Outcome {
        try await server.serving { address in
            let example = ExampleSettings(settings.merging(["address": address, "timeout": "60s"]) { $1 })
            let services = Services.example(time: ManualTime().source)
            let stage = try #require(example.make(word: "ext-authz") { try ExtAuthzStage(from: &$0, services) })
            #expect(example.messages.isEmpty)
            let loop = NIOAsyncTestingEventLoop()
            let future = try await loop.executeInContext {
                let exchange = Exchange.example(head, eventLoop: loop)
                if let index = head.fields.firstIndex(of: .authorization) { exchange.edits.removeLine(index) }
                if let body { exchange.forward(ByteBuffer(string: body)) }
                return try stage.admit(exchange).map { Self.outcome(of: exchange, $0, stage) }.future(on: loop)
            }
            let outcome = try await future.get()
            for part in services.parts.all { await part.stop() }
            return outcome
        }
    }

    private static func lines(_ fields: Fields) -> [String] {
        fields.lines.indices.map { "\(fields.name(at: $0).lowercased()): \(fields.value(at: $0))" }
    }

    private static func outcome(of exchange: Exchange, _ decision: Decision, _ stage: ExtAuthzStage) -> Outcome {
        var outcome = Outcome()
        if case .reply(let reply) = decision {
            outcome.status = reply.status.code
            outcome.fields = lines(reply.fields)
            if case .bytes(let bytes) = reply.body { outcome.body = String(buffer: bytes) }
        }
        let fields = exchange.request.fields
        outcome.forwarded =
            fields.lines.indices.filter { !exchange.edits.isRemoved(line: $0) }
            .map { "\(fields.name(at: $0).lowercased()): \(fields.value(at: $0))" }
            + exchange.edits.added.map { "\($0.name): \($0.value)" }
        outcome.target = exchange.edits.target
        var response = ResponseHead(status: .ok, fields: Fields([(.cacheControl, "no-store")]))
        stage.adjust(&response, of: exchange)
        outcome.response = lines(response.fields)
        return outcome
    }

    private func allowing(_ change: @escaping @Sendable (inout Envoy_Service_Auth_V3_OkHttpResponse) -> Void = { _ in })
        -> ScriptedAuthorization
    {
        ScriptedAuthorization { _ in .with { change(&$0.okResponse) } }
    }

    private func denying(
        _ change: @escaping @Sendable (inout Envoy_Service_Auth_V3_DeniedHttpResponse) -> Void = { _ in }
    )
        -> ScriptedAuthorization
    {
        ScriptedAuthorization { _ in
            .with {
                $0.status.code = 7
                change(&$0.deniedResponse)
            }
        }
    }

    // MARK: The question

    @Test func `it is asked about the request as the upstream would get it, and not by whom the client says it is`()
        async throws
    {
        let server = allowing()
        _ = try await outcome(settings: ["context": ["realm": "api"]], by: server)
        let attributes = try #require(server.questions.first?.attributes)
        let http = attributes.request.http
        #expect(
            [http.method, http.path, http.host, http.scheme, http.protocol]
                == ["POST", "/v1/quotes?a=1&b=2", "api.example.com", "http", "HTTP/1.1"]
        )
        #expect(http.headers["x-tenant"] == "a,b")
        #expect(http.headers[":path"] == "/v1/quotes?a=1&b=2")
        #expect(http.headers["authorization"] == nil)
        #expect(http.headers["x-forwarded-for"] == nil)
        #expect(attributes.source.address.socketAddress.address == "192.0.2.1")
        #expect(
            attributes.contextExtensions
                == ["realm": "api", "sluice.route": "example", "sluice.service": "example"]
        )
        #expect(attributes.request.time.seconds == 1_767_225_600)
    }

    @Test func `it is shown the body that is forwarded, which a call's credential is taken out of`() async throws {
        let server = allowing()
        _ = try await outcome(forwarding: #"{"id":1}"#, settings: ["with-body": "8 KiB"], by: server)
        #expect(server.questions.map(\.attributes.request.http.body) == [#"{"id":1}"#])
    }

    // MARK: Allowed

    @Test func `a request that is allowed goes on as it is`() async throws {
        let outcome = try await outcome(by: allowing())
        #expect(outcome.status == nil)
        #expect(outcome.target == nil)
        #expect(outcome.response == ["cache-control: no-store"])
    }

    @Test(arguments: [
        (Header("x-tenant", "c"), ["x-tenant: c"]), (Header("x-tenant", "c", append: true), ["x-tenant: a, b, c"]),
        (Header("x-tenant", "c", append: false), ["x-tenant: c"]),
        (Header("x-tenant", "c", action: .addIfAbsent), ["x-tenant: a", "x-tenant: b"]),
        (Header("x-new", "c", action: .addIfAbsent), ["x-tenant: a", "x-tenant: b", "x-new: c"]),
        (Header("x-tenant", "c", action: .overwriteIfExists), ["x-tenant: c"]),
        (Header("x-new", "c", action: .overwriteIfExists), ["x-tenant: a", "x-tenant: b"]),
        (Header("x-tenant", "c", action: .overwriteIfExistsOrAdd), ["x-tenant: c"]),
        // What frames and routes the request, and what cannot be a field, stays as it is.
        (Header("host", "evil"), ["x-tenant: a", "x-tenant: b"]),
        (Header(":path", "/"), ["x-tenant: a", "x-tenant: b"]),
        (Header("Transfer-Encoding", "chunked"), ["x-tenant: a", "x-tenant: b"]),
        (Header("x-new", "a\r\nx: y"), ["x-tenant: a", "x-tenant: b"]),
        (Header("", "a"), ["x-tenant: a", "x-tenant: b"]),
    ]) func `fields are set for the upstream`(_ header: Header, _ expected: [String]) async throws {
        let outcome = try await outcome(by: allowing { $0.headers = [header] })
        #expect(outcome.forwarded.filter { $0.hasPrefix("x-tenant") || $0.hasPrefix("x-new") } == expected)
        #expect(outcome.forwarded.first == "host: api.example.com")
    }

    @Test func `fields are removed for the upstream, but not the host`() async throws {
        let outcome = try await outcome(by: allowing { $0.headersToRemove = ["X-Tenant", "host", "no name"] })
        #expect(outcome.forwarded == ["host: api.example.com", "x-forwarded-for: 203.0.113.9"])
    }

    @Test func `parameters of the query are set and removed`() async throws {
        let outcome = try await outcome(
            by: allowing {
                $0.queryParametersToSet = [
                    .with {
                        $0.key = "c d"; $0.value = "ä&"
                    }
                ]
                $0.queryParametersToRemove = ["a"]
            }
        )
        #expect(outcome.target == "/v1/quotes?b=2&c%20d=%C3%A4%26")
    }

    @Test func `fields are added to the response`() async throws {
        let outcome = try await outcome(
            by: allowing {
                $0.responseHeadersToAdd = [Header("x-user", "u"), Header("cache-control", "private", append: false)]
            }
        )
        #expect(outcome.response == ["x-user: u", "cache-control: private"])
    }

    // MARK: Denied

    @Test func `a request that is denied is answered as the service says`() async throws {
        let outcome = try await outcome(
            by: denying {
                $0.status.code = 401
                $0.headers = [
                    Header("www-authenticate", "Bearer"), Header("content-length", "7"),
                    Header("www-authenticate", "Basic"),
                ]
                $0.body = "go away\n"
            }
        )
        #expect(outcome.status == 401)
        #expect(outcome.fields == ["www-authenticate: Bearer", "www-authenticate: Basic"])
        #expect(outcome.body == "go away\n")
    }

    @Test(arguments: [(0, 403), (99, 403), (100, 403), (1_000, 403), (-1, 403), (302, 302), (402, 402), (599, 599)])
    func `a status that is none is 403`(_ told: Int32, _ status: Int) async throws {
        let outcome = try await outcome(by: denying { $0.status.code = told })
        #expect(outcome.status == status)
    }

    @Test(
        arguments: [
            ("refuse", .internalError, 503), ("allow", .internalError, nil), ("allow", .permissionDenied, 503),
            ("allow", .unauthenticated, 503),
        ] as [(String, RPCError.Code, Int?)]
    )
    func `a service that fails is what the policy makes of it, but its no is a no`(
        _ rule: String,
        _ code: RPCError.Code,
        _ status: Int?
    ) async throws {
        let server = ScriptedAuthorization { _ in throw RPCError(code: code, message: "") }
        let outcome = try await outcome(settings: ["on-failure": rule], by: server)
        #expect(outcome.status == status)
    }
}
