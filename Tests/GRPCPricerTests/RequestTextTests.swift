import GRPCPricer
import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing

/// What a price server is shown of a request.
struct RequestTextTests {
    private func text(_ request: RequestHead, body: String = "", removing index: Int? = nil) -> String {
        var edits = RequestEdits()
        if let index { edits.removeLine(index) }
        return RequestText.text(of: request, edits: edits, body: ByteBuffer(string: body))
    }

    @Test func `it is what Go dumps: names with capitals, in their order, Host first, then the body as it is`() {
        let request = RequestHead.example(
            .post,
            "/v1/complete?a=b",
            host: "api.example.com:8402",
            fields: [
                ("x-model", "large"), ("content-type", "application/json"), ("X-Model", "small"), ("ACCEPT", "*/*"),
                ("content-length", "11"),
            ]
        )
        let expected = [
            "POST /v1/complete?a=b HTTP/1.1", "Host: api.example.com:8402", "Accept: */*", "Content-Length: 11",
            "Content-Type: application/json", "X-Model: large", "X-Model: small", "", #"{"max":100}"#,
        ].joined(separator: "\r\n")
        #expect(text(request, body: #"{"max":100}"#) == expected)
    }

    @Test func `a request without a body ends with an empty line`() {
        #expect(text(.example()) == "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }

    @Test func `the framing of the connection is not that of the text`() {
        let request = RequestHead.example(fields: [("Transfer-Encoding", "chunked"), ("Trailer", "x"), ("A", "b")])
        #expect(text(request) == "GET / HTTP/1.1\r\nHost: localhost\r\nA: b\r\n\r\n")
    }

    @Test func `a field that is kept from the upstream is kept from the price server`() {
        let request = RequestHead.example(fields: [("Authorization", "L402 secret"), ("Authorization", "Bearer key")])
        let shown = text(request, removing: 1)
        #expect(!shown.contains("secret"))
        #expect(shown.contains("\r\nAuthorization: Bearer key\r\n"))
    }

    @Test(
        arguments: [
            ([0x61, 0xC3, 0xA9], "aé"), ([0x61, 0xC3], "a"), ([0x61, 0xE2, 0x82], "a"), ([0xF0, 0x9F, 0x92], ""),
            ([0xF0, 0x9F, 0x92, 0xA9], "💩"), ([0x61, 0xFF, 0x62], "a\u{FFFD}b"), ([0x80], "\u{FFFD}"), ([], ""),
            ([0x80, 0x80, 0x80, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        ] as [([UInt8], String)]
    )
    func `a body is shown as text, without half a character at its end`(_ body: [UInt8], _ shown: String) {
        let text = RequestText.text(of: .example(), edits: RequestEdits(), body: ByteBuffer(bytes: body))
        #expect(text == "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n\(shown)")
    }

    @Test func `every prefix of a body is shown as text`() {
        let bytes = Array("{\"größe\":\"💩\"}".utf8)
        for count in 0...bytes.count {
            let text = RequestText.text(of: .example(), edits: RequestEdits(), body: ByteBuffer(bytes: bytes[..<count]))
            #expect(!text.unicodeScalars.contains("\u{FFFD}"), "\(count) bytes")
        }
    }

    @Test(arguments: [
        ("/v1/quotes?a=b", "/v1/quotes"), ("/a%20b", "/a b"), ("/%C3%A9", "/é"), ("/%FF", "/\u{FFFD}"),
        ("/a%2Fb", "/a/b"),
        ("/100%25", "/100%"),
    ])
    func `a path is percent-decoded and has no query`(_ target: String, _ path: String) {
        #expect(RequestText.path(of: .example(.get, target)) == path)
    }

    @Test(arguments: [("%", "%"), ("%2", "%2"), ("%2G", "%2G"), ("a%00b", "a\u{0}b"), ("", "")])
    func `what is no encoding stays as it is`(_ text: String, _ path: String) {
        #expect(RequestText.path(text.utf8) == path)
    }

    @Test func `what the log has of a path moves no cursor and is bounded`() {
        let question = PriceQuestion(path: "/a\n\u{1B}[1m" + String(repeating: "x", count: 1_000), text: "")
        #expect(question.printablePath.hasPrefix("/a??[1mxxx"))
        #expect(question.printablePath.count == 200)
    }
}
