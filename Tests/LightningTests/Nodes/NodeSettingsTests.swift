import GatewayKit
import GatewayTesting
import Lightning
import Testing

struct NodeSettingsTests {
    private func messages(_ word: String, _ settings: [String: Any], files: [String: String] = [:]) -> [String] {
        let settings = ExampleSettings(settings, files: files)
        _ = settings.make(word: word) { reader -> any LightningBackend in
            switch word {
            case "cln": try CoreLightning(from: &reader, .example())
            case "phoenixd": try Phoenixd(from: &reader, .example())
            default: try LNbits(from: &reader, .example())
            }
        }
        return settings.messages
    }

    @Test func `each needs its secret and nothing else`() {
        #expect(messages("cln", ["rune": "x"]) == [])
        #expect(messages("phoenixd", ["password": "x"]) == [])
        #expect(messages("lnbits", ["key": "x"]) == [])
        for (word, key) in [("cln", "rune"), ("phoenixd", "password"), ("lnbits", "key")] {
            #expect(messages(word, [:]) == ["'\(word)' needs '\(key)': a secret such as !env NAME or !file path"])
        }
    }

    @Test func `all settings are read`() {
        let files = ["ca.pem": Identity.wallet.certificate]
        let common = [
            "address": "https://node.example.com", "certificate": "ca.pem", "network": "signet", "timeout": "3s",
        ]
        #expect(messages("cln", common.merging(["rune": "x"]) { $1 }, files: files) == [])
        let lnbits = ["key": "x", "poll": "2s"]
        #expect(messages("lnbits", common.merging(lnbits) { $1 }, files: files) == [])
        let phoenixd: [String: Any] = [
            "password": "x", "refunds": "true", "poll": "500ms",
            "webhook": ["listen": "127.0.0.1:9741", "secret": "y"],
        ]
        #expect(messages("phoenixd", phoenixd.merging(common) { $1 }, files: files) == [])
    }

    @Test(arguments: [
        "http://192.0.2.1:3010", "http://example.com", "ftp://127.0.0.1", "127.0.0.1:3010", "https://a:b@example.com",
        "https://example.com?x", "https://example.com/#x", "https:///", "https://exa mple.com", "",
    ])
    func `a secret goes over http to this machine only`(_ address: String) {
        let expected = "a URL such as https://node.example.com:3010; http is for this machine alone"
        let told = messages("cln", ["rune": "x", "address": address])
        #expect(told == ["'address' should be \(expected), not '\(address)'"])
    }

    @Test(arguments: ["http://127.0.0.1:3010", "http://localhost/", "http://[::1]:1", "https://example.com/lnbits/"])
    func `such are addresses`(_ address: String) {
        #expect(messages("cln", ["rune": "x", "address": address]) == [])
    }

    @Test func `a certificate is for https, and is one`() {
        let settings = ["rune": "x", "address": "http://127.0.0.1:3010", "certificate": "ca.pem"]
        #expect(
            messages("cln", settings, files: ["ca.pem": "-"]) == [
                "'certificate' is for an https address, not for http://127.0.0.1:3010",
                "'certificate' should be the path of a PEM file (BEGIN CERTIFICATE)",
            ]
        )
    }

    @Test func `a misspelled network is guessed`() {
        let told = messages("lnbits", ["key": "x", "network": "bitcoins"])
        #expect(told.count == 1)
        #expect(told.first?.hasPrefix("'network' should be one of bitcoin, testnet") == true)
    }

    @Test func `a secret that no field of HTTP can carry is a mistake`() {
        let told = messages("cln", ["rune": "a\nb"])
        #expect(told == ["'rune' should be a rune, as createrune of Core Lightning prints it"])
        #expect(messages("lnbits", ["key": "a b"]) == ["'key' should be a key of an LNbits wallet"])
    }

    @Test func `a webhook needs an address and the secret of phoenixd`() {
        let told = messages("phoenixd", ["password": "x", "webhook": ["listen": "nowhere"]])
        #expect(
            told == [
                "'listen' should be where phoenixd sends its messages, such as 127.0.0.1:9741, not 'nowhere'",
                "'webhook' needs 'secret': a secret such as !env NAME or !file path",
            ]
        )
    }
}
