import GatewayKit
import MPP
import Testing

struct ChallengeLineTests {
    private let request = Base64.url.encoded(#"{"amount":"1000"}"#)
    private var line: String {
        #"Payment id="abc", realm="api.example.com", method="lightning", intent="charge", request="\#(request)""#
    }

    private func refusal(_ line: String) -> String? {
        do {
            _ = try ChallengeLine.challenge(line)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `a line is read in any case of names, with tokens and white space`() throws {
        let challenge = try ChallengeLine.challenge(
            "pAyMeNt  ID=abc ,Realm = \"api.example.com\",METHOD=lightning\t,intent=charge,request=\(request),x=\"y\""
        )
        #expect(challenge == (try ChallengeLine.challenge(line)))
    }

    @Test func `escapes are undone and made again`() throws {
        var challenge = try ChallengeLine.challenge(line + #", description="a \"b\" \\ c""#)
        #expect(challenge.description == #"a "b" \ c"#)
        #expect(try ChallengeLine.challenge(try challenge.line()) == challenge)
        challenge.description = nil
        #expect(try challenge.line() == line)
    }

    @Test(arguments: ["a\r\nSet-Cookie: x", "a\rb", "a\nb", "a\u{0}b", "a\u{7F}b", "é"])
    func `what would end a line, or is not ASCII, is never written`(text: String) throws {
        var challenge = try ChallengeLine.challenge(line)
        challenge.description = text
        #expect(throws: MalformedPayment("'description' holds what no header field may")) { try challenge.line() }
    }

    @Test(arguments: ["id", "realm", "method", "intent", "request"])
    func `a parameter that is missing, empty or there twice makes it no challenge`(name: String) {
        let parts = line.dropFirst("Payment ".count).split(separator: ", ")
        let others = parts.filter { !$0.hasPrefix("\(name)=") }
        #expect(refusal("Payment " + others.joined(separator: ", ")) == "'\(name)' is missing")
        #expect(refusal("Payment " + others.joined(separator: ", ") + ", \(name)=\"\"") == "'\(name)' is missing")
        #expect(refusal(line + ", \(name.uppercased())=\"x\"") == "'\(name)' stands there twice")
    }

    @Test func `a parameter that nobody knows may not stand there twice either`() {
        #expect(refusal(line + ", x=1, x=1") == "'x' stands there twice")
    }

    @Test(arguments: [
        ", expires=\"tomorrow\"", ", description=\"open", ", description=\"open\\", ", =x", ", x=", ", x=\"a\" b",
        ", description=\"a\u{0}\"",
    ])
    func `what cannot be read makes it no challenge`(rest: String) {
        #expect(refusal(line + rest) != nil)
    }

    @Test(arguments: [
        ("lightning", "Lightning"), ("lightning", "9x"), ("charge", "a b"), ("charge", "charge_x"),
    ])
    func `names have a form`(name: String, other: String) {
        #expect(refusal(line.replacing("\"\(name)\"", with: "\"\(other)\"")) != nil)
    }

    @Test(arguments: ["e30=e30", "e31", "bnVsbA", "W10", "e30+"])
    func `a request is a JSON object in base64url`(other: String) {
        #expect(refusal(line.replacing(request, with: other)) == "'request' should be a JSON object in base64url")
    }

    @Test func `challenges are found beside those of other schemes, on one line or on several`() throws {
        let challenge = try ChallengeLine.challenge(line)
        var second = challenge
        second.intent = "session"
        let lines = [
            #"L402 macaroon="A=", invoice="lnbc1""#, "Negotiate abc==, \(line), Basic realm=\"a, Payment id=1\"",
            "Bearer", try second.line(), "Payment id=x",
        ]
        #expect(ChallengeLine.challenges(in: lines) == [challenge, second])
        #expect(ChallengeLine.challenges(in: [line + ", " + (try second.line())]) == [challenge, second])
    }
}
