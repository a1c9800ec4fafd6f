import GatewayKit
import GatewayTesting
import HTTPTypes
import Standard
import Testing

struct HeadersStageTests {
    private func make(_ value: Any?) -> (stage: HeadersStage?, messages: [String]) {
        let settings = ExampleSettings(value)
        return (
            settings.make(word: "headers") { try HeadersStage(from: &$0, .example()) }, settings.messages
        )
    }

    private func name(_ text: String) throws -> FieldName {
        try #require(FieldName(text))
    }

    @Test func `fields of the request are set and removed`() throws {
        let stage = try #require(
            make(["request": ["set": ["X-Plan": "gold"], "remove": ["Cookie"]]]).stage
        )
        let exchange = Exchange.example(
            .example(fields: [("Cookie", "a"), ("x-plan", "free"), ("Accept", "*/*"), ("cookie", "b")])
        )
        #expect(try stage.decision(about: exchange)?.isNext == true)
        let kept = exchange.request.fields.lines.indices.filter { !exchange.edits.isRemoved(line: $0) }
        #expect(kept.map { exchange.request.fields.name(at: $0) } == ["Host", "Accept"])
        #expect(exchange.edits.added.map { "\($0.name): \($0.value)" } == ["x-plan: gold"])
    }

    @Test func `fields of the response are set and removed`() throws {
        let stage = try #require(
            make(["response": ["set": ["Server": "sluice"], "remove": ["X-Powered-By"]]]).stage
        )
        var response = ResponseHead(
            status: 200,
            fields: Fields([(try name("x-powered-by"), "x"), (try name("server"), "y"), (.contentType, "a/b")])
        )
        stage.adjust(&response, of: .example())
        #expect(
            response.fields.lines.indices.map { response.fields.name(at: $0) + ": " + response.fields.value(at: $0) }
                == ["content-type: a/b", "server: sluice"]
        )
    }

    @Test func `a request is left alone where only the response changes`() throws {
        let exchange = Exchange.example()
        _ = try make(["response": ["set": ["A": "b"]]]).stage?.decision(about: exchange)
        #expect(exchange.edits.added.isEmpty)
    }

    @Test func `the summary names fields and no values`() {
        let stage = make([
            "request": ["set": ["Authorization": "Bearer sesame"], "remove": ["Cookie"]], "response": ["remove": "Via"],
        ]).stage
        #expect(stage?.summary == "request: set authorization, remove cookie; response: remove via")
    }

    @Test(arguments: ["Content-Length", "transfer-encoding", "Connection", "Keep-Alive", "Upgrade", "TE", "Trailer"])
    func `fields of the framing are a mistake`(_ field: String) {
        let message = "'\(field)' belongs to the connection and cannot be changed"
        #expect(make(["request": ["set": [field: "x"]]]).messages == [message])
        #expect(make(["request": ["remove": [field]]]).messages == [message])
        #expect(make(["response": ["set": [field: "x"]]]).messages == [message])
    }

    @Test func `the host of a request has another place`() {
        #expect(
            make(["request": ["set": ["Host": "a"]]]).messages == ["'Host' is changed with the 'host' of 'forward'"]
        )
    }

    @Test func `what is no field name is a mistake`() {
        #expect(make(["response": ["remove": ["a b"]]]).messages == ["'a b' is not the name of a header field"])
    }

    @Test func `a value of several lines is a mistake that does not repeat it`() {
        #expect(make(["request": ["set": ["A": "x\r\nB: y"]]]).messages == ["the value of 'A' should be one line"])
    }

    @Test func `unknown keys are mistakes`() {
        #expect(
            make(["request": ["add": ["A": "b"]]]).messages == ["unknown key 'add'; 'request' takes remove, set"]
        )
        #expect(
            make(["requests": ["set": ["A": "b"]]]).messages
                == [
                    "'headers' needs 'request' or 'response': { set: {...}, remove: [...] }",
                    "unknown key 'requests' (did you mean 'request'?); 'headers' takes request, response",
                ]
        )
    }

    @Test func `a value may come from a reference and appears in no text`() throws {
        struct References: PolicyReferences {
            func resolve(_ reference: PolicyNode.Reference) throws -> String { "sesame" }
        }
        let place = Place(file: "example.yaml", line: 1, column: 1)
        func map(_ key: String, _ value: PolicyNode) -> PolicyNode {
            PolicyNode(.map([.init(key: key, keyPlace: place, value: value)]), at: place)
        }
        let value = PolicyNode(.reference(.environment("TOKEN")), at: place)
        let mistakes = PolicyMistakes()
        var reader = PolicyReader(
            map("request", map("set", map("Authorization", value))),
            word: "headers",
            mistakes: mistakes,
            references: References()
        )
        let stage = try HeadersStage(from: &reader, .example())
        reader.finish()
        let exchange = Exchange.example()
        _ = try stage.decision(about: exchange)
        #expect(mistakes.all.isEmpty)
        #expect(exchange.edits.added.map(\.value) == ["sesame"])
        #expect(!stage.summary.contains("sesame"))
    }
}
