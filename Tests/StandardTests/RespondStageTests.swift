import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Standard
import Testing

struct RespondStageTests {
    private func make(_ value: Any?) -> (stage: RespondStage?, messages: [String]) {
        let settings = ExampleSettings(value)
        return (
            settings.make(word: "respond") { try RespondStage(from: &$0, .example()) }, settings.messages
        )
    }

    private func reply(_ value: Any?) throws -> Reply {
        let made = make(value)
        #expect(made.messages == [])
        return try #require(try made.stage?.decision(about: .example())?.reply)
    }

    private func text(_ reply: Reply) -> String? {
        guard case .bytes(let buffer) = reply.body else { return nil }
        return String(buffer: buffer)
    }

    @Test func `a text is answered as it is`() throws {
        let reply = try reply("hello")
        #expect(reply.status.code == 200)
        #expect(reply.fields[.contentType] == "text/plain; charset=utf-8")
        #expect(text(reply) == "hello")
    }

    @Test func `status, type and header fields are as written`() throws {
        let reply = try reply([
            "status": "404", "body": "{}", "type": "application/json", "headers": ["X-Reason": "gone"],
        ])
        #expect(reply.status.code == 404)
        #expect(reply.fields[.contentType] == "application/json")
        #expect(reply.fields.lines.indices.map { reply.fields.name(at: $0) } == ["content-type", "x-reason"])
        #expect(text(reply) == "{}")
    }

    @Test func `an answer without a body has no type`() throws {
        let reply = try reply(["status": "204"])
        #expect(reply.fields.isEmpty)
        #expect(text(reply) == nil)
    }

    @Test func `the summary says the status and the size`() {
        #expect(make(["status": "404", "body": "hello"]).stage?.summary == "404, 5 B")
    }

    @Test(arguments: [
        (["status": "199"], "'status' should be a whole number from 200 to 599, not '199'"),
        (["status": "204", "body": "x"], "'body' cannot go with the status 204, which has none"),
        (["status": "200", "type": "text/html"], "'type' is the type of a 'body', and there is none"),
        (["text": "x"], "unknown key 'text'; 'respond' takes body, headers, status, type"),
    ])
    func `a mistake is told`(_ settings: [String: String], _ message: String) {
        #expect(make(settings).messages == [message])
    }

    @Test func `a field that has a place of its own is a mistake`() {
        #expect(
            make(["body": "x", "headers": ["Content-Type": "a/b"]]).messages
                == ["'Content-Type' is changed with 'type'"]
        )
        #expect(
            make(["body": "x", "headers": ["Content-Length": "1"]]).messages
                == ["'Content-Length' belongs to the connection and cannot be changed"]
        )
    }

    @Test func `nothing to answer is a mistake`() {
        #expect(make(nil).messages == ["'respond' needs a text, or { status: 200, body: a text }"])
    }
}
