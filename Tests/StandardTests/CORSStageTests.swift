import GatewayKit
import GatewayTesting
import HTTPTypes
import Standard
import Testing

struct CORSStageTests {
    private static let page = "https://app.example.com"

    private func make(_ value: Any?) -> (stage: CORSStage?, messages: [String]) {
        let settings = ExampleSettings(value)
        return (settings.make(word: "cors") { try CORSStage(from: &$0, .example()) }, settings.messages)
    }

    private func preflight(from origin: String = Self.page) -> Exchange {
        .example(.example(.options, fields: [("Origin", origin), ("Access-Control-Request-Method", "POST")]))
    }

    private func lines(_ fields: Fields) -> [String] {
        fields.lines.indices.map { fields.name(at: $0) + ": " + fields.value(at: $0) }
    }

    @Test func `a preflight is answered, with everything that clients of payments send`() throws {
        let stage = try #require(make("*").stage)
        let reply = try #require(try stage.decision(about: preflight())?.reply)
        #expect(reply.status == .noContent)
        #expect(
            lines(reply.fields) == [
                "access-control-allow-origin: *",
                "access-control-allow-methods: GET, HEAD, POST, PUT, PATCH, DELETE",
                "access-control-allow-headers: Content-Type, Authorization, Payment-Authorization, Accept-Payment, "
                    + "Idempotency-Key, Grpc-Metadata-Macaroon, Macaroon, Grpc-Timeout, X-Grpc-Web, X-User-Agent",
                "access-control-max-age: 600",
            ]
        )
    }

    @Test func `the page of another origin is refused`() throws {
        let stage = try #require(make([Self.page]).stage)
        let reply = try #require(try stage.decision(about: preflight(from: "https://evil.example"))?.reply)
        #expect(reply.status == .forbidden)
        #expect(lines(reply.fields) == ["vary: Origin"])
        let granted = try #require(try stage.decision(about: preflight())?.reply)
        #expect(lines(granted.fields).prefix(2) == ["vary: Origin", "access-control-allow-origin: \(Self.page)"])
    }

    @Test(
        arguments: [
            [("Origin", Self.page)], [("Access-Control-Request-Method", "GET")], [],
        ] as [[(String, String)]]
    )
    func `what is no preflight goes on`(fields: [(String, String)]) throws {
        let stage = try #require(make("*").stage)
        #expect(try stage.decision(about: .example(.example(.options, fields: fields)))?.isNext == true)
    }

    @Test func `an answer says whose pages may read it, instead of what the upstream says`() throws {
        let stage = try #require(make(["origins": [Self.page], "credentials": "true", "expose": "X-Cost"]).stage)
        func adjusted(from origin: String?) -> [String] {
            var response = ResponseHead(
                status: 402,
                fields: Fields([
                    (FieldName(.accessControlAllowOrigin), "*"), (FieldName(.accessControlAllowCredentials), "true"),
                    (FieldName(.accessControlExposeHeaders), "x-cost, X-Total"),
                ])
            )
            let fields = origin.map { [("Origin", $0)] } ?? []
            stage.adjust(&response, of: .example(.example(fields: fields)))
            return lines(response.fields)
        }
        let exposed =
            "access-control-expose-headers: WWW-Authenticate, Payment-Receipt, Payment-Session-Secret, Retry-After, "
            + "RateLimit, RateLimit-Policy, Grpc-Status, Grpc-Message, Sluice-Decision, X-Cost, X-Total"
        #expect(
            adjusted(from: Self.page) == [
                "vary: Origin", "access-control-allow-origin: \(Self.page)", "access-control-allow-credentials: true",
                exposed,
            ]
        )
        #expect(adjusted(from: "https://evil.example") == ["vary: Origin", exposed])
        #expect(adjusted(from: nil) == ["vary: Origin", exposed])
    }

    @Test func `every origin may read where every one is named`() throws {
        let stage = try #require(make(["origins": "*"]).stage)
        var response = ResponseHead(status: 200)
        stage.adjust(&response, of: .example())
        #expect(lines(response.fields).first == "access-control-allow-origin: *")
        #expect(response.fields[FieldName(.vary)] == nil)
    }

    @Test(arguments: ["app.example.com", "https://app.example.com/", "https://App.example.com", "https://", "null"])
    func `what no browser calls an origin is a mistake`(origin: String) {
        let form = "an origin such as https://app.example.com, or \"*\" for every one"
        #expect(make([origin]).messages == ["'origins' should be \(form), not '\(origin)'"])
    }

    @Test func `settings that contradict are mistakes`() {
        #expect(
            make(["origins": "*", "credentials": "true"]).messages
                == ["'credentials' needs 'origins' that are named: every page could use them"]
        )
        #expect(
            make(["*", Self.page]).messages == ["'origins' names '*' beside others, which it stands for already"]
        )
        #expect(make(["origins": Self.page, "methods": "get"]).messages.count == 1)
        #expect(make(["origins": Self.page, "headers": "a b"]).messages.count == 1)
        #expect(make(nil).messages.count == 1)
    }
}
