import GatewayKit
import MPP
import Testing

struct CredentialTests {
    private let challenge =
        #"{"id":"x","realm":"r","method":"lightning","intent":"charge","request":"e30"}"#

    private func refusal(_ json: String) -> String? {
        do {
            _ = try PaymentCredential(token: Array(Base64.url.encoded(json).utf8))
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `order, white space, padding and unknown members do not matter`() throws {
        let json = #" { "payload" : {"a":1}, "x": [], "challenge": \#(challenge), "source": "did:key:z" } "#
        let credential = try PaymentCredential(token: Array(Base64.url.encoded(json).utf8))
        #expect(credential.source == "did:key:z")
        #expect(credential.challenge.id == "x")
        let padding = String(repeating: "=", count: (4 - Base64.url.encoded(json).utf8.count % 4) % 4)
        #expect(throws: Never.self) { try PaymentCredential(token: Array((Base64.url.encoded(json) + padding).utf8)) }
    }

    @Test(arguments: [
        ("[]", "'challenge' should be an object"), ("{}", "'challenge' should be an object"),
        (#"{"challenge":"x","payload":{}}"#, "'challenge' should be an object"),
        (#"{"challenge":{},"payload":{}}"#, "'challenge.id' should be a text"),
    ])
    func `the shape is checked`(json: String, reason: String) {
        #expect(refusal(json) == reason)
    }

    @Test func `the types of members are checked`() {
        #expect(refusal(#"{"challenge":\#(challenge)}"#) == "'payload' should be an object")
        #expect(refusal(#"{"challenge":\#(challenge),"payload":null}"#) == "'payload' should be an object")
        #expect(refusal(#"{"challenge":\#(challenge),"payload":{},"source":1}"#) == "'source' should be a text")
        let number = challenge.replacing(#""id":"x""#, with: #""id":1"#)
        #expect(refusal(#"{"challenge":\#(number),"payload":{}}"#) == "'id' should be a text")
        let object = challenge.replacing(#""e30""#, with: "{}")
        #expect(refusal(#"{"challenge":\#(object),"payload":{}}"#) == "'request' should be a text")
        let expires = challenge.replacing("}", with: #","expires":true}"#)
        #expect(refusal(#"{"challenge":\#(expires),"payload":{}}"#) == "'expires' should be a text")
        #expect(refusal(#"{"challenge":\#(challenge),"payload":{},"payload":{}}"#) != nil)
    }

    @Test func `64 KiB are read and one byte more is not`() throws {
        let json = #"{"challenge":\#(challenge),"payload":{"a":""#
        let room = PaymentCredential.largest.bytes / 4 * 3 - json.utf8.count - 3
        let whole = json + String(repeating: "a", count: room) + #""}}"#
        let token = Base64.url.encoded(whole)
        #expect(token.utf8.count == PaymentCredential.largest.bytes)
        #expect(refusal(whole) == nil)
        #expect(refusal(whole + "   ") == "it is longer than 64 KiB")
    }
}
