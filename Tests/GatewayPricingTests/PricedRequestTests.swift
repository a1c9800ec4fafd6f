import GatewayPricing
import Standard
import Testing

struct PricedRequestTests {
    private static func text(_ body: String, _ fields: String...) -> String {
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a.example\r\n"
            + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
    }

    @Test func `a request is read for its model and what it may use`() throws {
        let body = #"{"model":"small","max_tokens":50,"n":2}"#
        let asked = try PricedRequest(Self.text(body, "Content-Length: \(body.utf8.count)"))
        #expect(asked.model == "small")
        #expect(asked.estimate(usual: 100) == TokenEstimate(input: 10, output: 100))
    }

    @Test(arguments: [
        "GET /v1/models HTTP/1.1\r\nHost: a.example\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        text(#"{"messages":[]}"#), text(#"{"model":null}"#),
    ])
    func `a request may name no model`(text: String) throws {
        let asked = try PricedRequest(text)
        #expect(asked.model == nil)
        #expect(asked.estimate(usual: 100).output == 100)
    }

    @Test(arguments: [
        "", "GET", "GET / HTTP/1.1\r\n", "\r\n\r\n", "GET /\r\n\r\n", " / HTTP/1.1\r\n\r\n",
        // Cut off, in other forms, or of no kind in which a model is named.
        text(#"{"model":"small","messages":[{"#), text("model=small"), text(#"["small"]"#), text(#"{"model":1}"#),
        text(#"{"model":"small"}{}"#), text(#"{"model":"small","model":"large"}"#), text("\u{FFFD}"),
        // There is a body, and it is not shown.
        text("", "Content-Length: 17"), text("", "content-length: 0 5"),
    ])
    func `what cannot be read for certain has no price`(text: String) {
        #expect(throws: PriceRefusal.self) { try PricedRequest(text) }
    }

    @Test func `no part of a request names another model`() {
        let whole = Self.text(#"{"messages":[{"role":"user","content":"{\"model\":\"small\"}"}],"model":"large"}"#)
        for end in whole.indices.dropFirst() {
            guard let asked = try? PricedRequest(String(whole[..<end])) else { continue }
            #expect(asked.model == nil)
        }
    }

    @Test func `each flipped byte is read or refused`() {
        let bytes = Array(Self.text(#"{"model":"large","max_tokens":1}"#).utf8)
        for index in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << bit
                guard let asked = try? PricedRequest(String(decoding: flipped, as: UTF8.self)) else { continue }
                #expect(asked.estimate(usual: 1).output <= TokenCount.most)
            }
        }
    }
}
