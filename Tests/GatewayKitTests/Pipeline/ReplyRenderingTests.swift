import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing

struct ReplyRenderingTests {
    private let id = ExchangeID(0xAB)
    private let rest = RequestHead.example()
    private let grpc = RequestHead.example(.post, fields: [("Content-Type", "application/grpc")])

    private func text(_ body: Reply.Body) -> String? {
        guard case .bytes(let buffer) = body else { return nil }
        return String(buffer: buffer)
    }

    private func lines(_ fields: Fields) -> [String] {
        fields.lines.indices.map { "\(fields.name(at: $0)): \(fields.value(at: $0))" }
    }

    @Test func `a REST client gets the status and a problem body`() {
        var problem = Problem.payment("payment-required", title: "Payment Required", detail: "pay \"10 sat\"")
        problem.members.append(.init("reason", "expired"))
        let reply = Reply(
            .init(code: 402),
            problem,
            fields: Fields([(.wwwAuthenticate, "L402 a"), (.wwwAuthenticate, "b")])
        )
        let (head, body) = reply.rendered(for: rest, id: id)
        #expect(head.status.code == 402)
        #expect(
            lines(head.fields) == [
                "www-authenticate: L402 a", "www-authenticate: b", "sluice-decision: 00000000000000ab",
                "content-type: application/problem+json",
            ]
        )
        #expect(
            text(body) == #"{"type":"https://paymentauth.org/problems/payment-required","title":"Payment Required","#
                + #""status":402,"detail":"pay \"10 sat\"","reason":"expired","#
                + #""instance":"urn:sluice:exchange:00000000000000ab"}"# + "\n"
        )
    }

    @Test func `a refusal that its status explains is about blank`() {
        let (head, body) = Reply(.notFound, detail: "no route").rendered(for: rest, id: id)
        #expect(head.status == .notFound)
        #expect(
            text(body) == #"{"type":"about:blank","title":"Not Found","status":404,"detail":"no route","#
                + #""instance":"urn:sluice:exchange:00000000000000ab"}"# + "\n"
        )
    }

    @Test(arguments: [
        (400, "3"), (401, "16"), (402, "13"), (403, "7"), (404, "12"), (413, "8"), (429, "8"), (431, "8"), (500, "13"),
        (502, "14"), (503, "14"), (504, "4"),
    ])
    func `a gRPC client gets trailers alone, with the code for the status`(_ status: Int, _ code: String) {
        let reply = Reply(.init(code: status), detail: "why")
        let (head, body) = reply.rendered(for: grpc, id: id)
        #expect(head.status == .ok)
        #expect(
            lines(head.fields) == [
                "sluice-decision: 00000000000000ab", "content-type: application/grpc", "grpc-status: \(code)",
                "grpc-message: \(status == 402 ? "payment required" : "why")",
            ]
        )
        guard case .none = body else {
            Issue.record("there is a body")
            return
        }
    }

    @Test func `a gRPC challenge keeps its fields`() {
        let reply = Reply(.init(code: 402), detail: "", fields: [(.wwwAuthenticate, "L402 a")])
        #expect(lines(reply.rendered(for: grpc, id: id).head.fields).first == "www-authenticate: L402 a")
    }

    @Test func `a gRPC message is percent-encoded`() {
        let (head, _) = Reply(.forbidden, detail: "50% é\r\nx: y").rendered(for: grpc, id: id)
        #expect(head.fields[.grpcMessage] == "50%25 %C3%A9%0D%0Ax: y")
    }

    @Test func `a body of its own is kept`() {
        var reply = Reply.text("no", .forbidden)
        #expect(text(reply.rendered(for: rest, id: id).body) == "no")
        reply.problem = Problem(title: "Forbidden", detail: "no")
        let (head, body) = reply.rendered(for: rest, id: id)
        #expect(text(body) == "no")
        #expect(head.fields[.contentType] == "text/plain; charset=utf-8")
    }

    @Test func `an answer that refuses nothing is the same for every client`() {
        let (head, body) = Reply.json("{}").rendered(for: grpc, id: id)
        #expect(head.status == .ok)
        #expect(lines(head.fields) == ["content-type: application/json"])
        #expect(text(body) == "{}")
    }

    // MARK: JSON

    @Test(arguments: [
        ("", #""""#), ("a\"b", #""a\"b""#), ("a\\b", #""a\\b""#), ("\n\r\t", #""\n\r\t""#), ("\r\n", #""\r\n""#),
        ("\u{0}\u{1F}\u{7F}", #""\u0000\u001f\u007f""#), ("\u{2028}\u{2029}", #""\u2028\u2029""#),
        ("é\u{1F600}</script>", "\"é\u{1F600}</script>\""), ("\"\u{301}", "\"\\\"\u{301}\""),
    ])
    func `a JSON string is escaped`(_ text: String, _ json: String) {
        #expect(Array(JSONText.quoted(text).utf8) == Array(json.utf8))
    }

    @Test func `members of a problem are escaped`() {
        let problem = Problem(type: "t\"", title: "\n", detail: "\\", members: [.init("a\"", "b\"")])
        #expect(
            problem.json(status: 400)
                == #"{"type":"t\"","title":"\n","status":400,"detail":"\\","a\"":"b\""}"# + "\n"
        )
    }
}

extension Reply {
    fileprivate init(_ status: HTTPResponse.Status, detail: String, fields: [(FieldName, String)]) {
        self.init(status, Problem(title: status.reasonPhrase, detail: detail), fields: Fields(fields))
    }
}
