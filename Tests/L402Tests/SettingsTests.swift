import GatewayKit
import GatewayTesting
import L402
import Testing

struct SettingsTests {
    private func messages(_ settings: Any?, service: String = "quotes") -> [String] {
        let example = ExampleSettings(settings)
        _ = example.make(word: "l402") { L402Scheme(from: &$0, .example(route: service)) }
        return example.messages
    }

    @Test func `nothing needs to be set`() {
        #expect(messages(nil).isEmpty)
    }

    @Test(arguments: ["a:b", "a,b", "a=b", "a b", "a\tb", "", "a\u{A0}b"])
    func `a service whose name cannot stand in a caveat is a mistake`(service: String) {
        #expect(
            messages(nil, service: service) == [
                "'l402' cannot sell the service '\(service)':"
                    + " the name of a service should be a text without ':', ',', '=' or white space"
            ]
        )
    }

    @Test func `a validity of less than a second is a mistake`() {
        #expect(messages(["valid-for": "10ms"]) == ["'valid-for' should be a second or more"])
    }

    @Test func `a tier beyond a byte is a mistake`() {
        #expect(messages(["tier": "256"]) == ["'tier' should be a whole number from 0 to 255, not '256'"])
    }

    @Test func `a capability with a comma is a mistake`() {
        #expect(
            messages(["capabilities": ["read,write"]]) == [
                "the capability 'read,write' should be a text without ':', ',', '=' or white space"
            ]
        )
    }

    @Test func `more capabilities than are read are a mistake`() {
        let names = (0..<65).map { "c\($0)" }
        #expect(messages(["capabilities": names]) == ["'capabilities' should be 64 or fewer"])
        #expect(messages(["capabilities": Array(names.dropLast())]).isEmpty)
    }

    @Test func `what is sold is told in the order in which it is signed`() throws {
        let shop = try Shop([
            "tier": "2", "valid-for": "1h", "capabilities": ["a", "b"], "constraints": ["path": "/x"],
        ])
        let sold = shop.scheme.soldCaveats
        #expect(sold.map(\.condition) == ["services", "quotes_capabilities", "path", "quotes_valid_until"])
        #expect(sold.map(\.value) == [.text("quotes:2"), .text("a,b"), .text("/x"), .after(.seconds(3_600))])
        let token = try #require(try shop.token().macaroon)
        #expect(
            token.caveats.map { String(decoding: $0.identifier, as: UTF8.self) } == [
                "services=quotes:2", "quotes_capabilities=a,b", "path=/x",
                "quotes_valid_until=\(shop.time.now.seconds + 3_600)",
            ]
        )
    }

    @Test(arguments: ["services", "quotes_capabilities", "quotes_valid_until", "preimage"])
    func `a constraint cannot stand for what has a setting of its own`(name: String) {
        #expect(
            messages(["constraints": [name: "x"]]) == [
                "the constraint '\(name)' has a meaning of its own in L402; see the other settings"
            ]
        )
    }

    @Test func `a constraint that no header could carry is a mistake`() {
        #expect(
            messages(["constraints": ["note": String(repeating: "x", count: 257)]]) == [
                "'note' should be 256 bytes or fewer: every request carries it"
            ]
        )
        let many = Dictionary(uniqueKeysWithValues: (0..<33).map { ("c\($0)", "x") })
        #expect(messages(["constraints": many]) == ["'constraints' should be 32 or fewer: every request carries them"])
    }

    @Test func `an unknown key is a mistake with a guess`() {
        #expect(messages(["valid-fro": "1h"]).first?.contains("did you mean 'valid-for'?") == true)
    }
}
