import GatewayKit
import GatewayRPC
import GatewayTesting
import Lightning
import LightningTesting
import Testing

struct LndSettingsTests {
    private let macaroon = FakeLnd.macaroon

    private func read(_ value: [String: Any]) -> (settings: LndSettings?, messages: [String]) {
        let example = ExampleSettings(value)
        let settings = example.make(word: "lnd") { LndSettings(from: &$0) }
        return (settings, example.messages)
    }

    @Test func `an address and a macaroon are enough`() throws {
        let (found, messages) = read(["address": "127.0.0.1:10009", "macaroon": macaroon.uppercased()])
        let settings = try #require(found)
        #expect(messages == [])
        #expect(settings.address?.description == "127.0.0.1:10009")
        #expect(settings.macaroon.text == macaroon)
        #expect(settings.network == .bitcoin)
        #expect(!settings.hasHints)
        #expect(settings.timeout == .seconds(10))
    }

    @Test func `network, hints and timeout are read`() throws {
        let (found, messages) = read([
            "address": "127.0.0.1:10009", "macaroon": macaroon, "network": "signet", "private": "true", "timeout": "3s",
        ])
        let settings = try #require(found)
        #expect(messages == [])
        #expect(settings.network == .signet)
        #expect(settings.hasHints)
        #expect(settings.timeout == .seconds(3))
    }

    @Test func `a macaroon that is no hexadecimal text is refused and not printed`() {
        let (_, messages) = read(["address": "127.0.0.1:10009", "macaroon": "sesame"])
        #expect(messages == ["'macaroon' should be a macaroon of lnd, in hexadecimal digits or as !file path"])
    }

    @Test func `an address without a port is refused`() {
        let (_, messages) = read(["address": "127.0.0.1", "macaroon": macaroon])
        #expect(messages.count == 1)
        #expect(messages.first?.hasPrefix("'address' should be where lnd answers gRPC") == true)
    }

    @Test(arguments: ["127.0.0.1:8080", "http://example.com:8080", "ftp://127.0.0.1"])
    func `the REST interface needs a URL, and a macaroon goes over http to this machine only`(_ address: String) {
        let example = ExampleSettings(["address": address, "macaroon": macaroon])
        _ = example.make(word: "lnd-rest") { try LndOverREST(from: &$0, .example()) }
        #expect(example.messages.count == 1)
        #expect(example.messages.first?.hasPrefix("'address' cannot be used: ") == true)
    }
}
