import GatewayKit
import Lightning
import Testing

struct NWCConnectionTests {
    private static let wallet = "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
    private static let secret = String(repeating: "0", count: 63) + "1"
    private static let text =
        "nostr+walletconnect://\(wallet)?relay=wss%3A%2F%2Frelay.example.com%2Fv1&secret=\(secret)&lud16=me%40example.com"

    @Test func `a connection names the wallet, a relay and a secret`() throws {
        let connection = try NWCConnection(parsing: Self.text)
        #expect(connection.wallet.description == Self.wallet)
        #expect(connection.key.publicKey == NostrKey.example(1).publicKey)
        #expect(connection.relays.map(\.description) == ["wss://relay.example.com/v1"])
    }

    @Test func `a connection may name several relays, each once, percent-encoded or not`() throws {
        let connection = try NWCConnection(
            parsing: "nostr+walletconnect:\(Self.wallet)?relay=wss://a.example&relay=ws%3a%2f%2f127.0.0.1:7000"
                + "&relay=wss%3A%2F%2Fa.example&secret=\(Self.secret)"
        )
        #expect(connection.relays.map(\.description) == ["wss://a.example/", "ws://127.0.0.1:7000/"])
    }

    @Test func `a connection does not show its secret`() throws {
        let connection = try NWCConnection(parsing: Self.text)
        #expect("\(connection)" == "(connection to \(Self.wallet))")
        #expect(String(reflecting: connection) == "\(connection)")
    }

    private static let wrong: [(text: String, reason: String)] = [
        ("", "begins with"),
        ("https://example.com", "begins with"),
        ("nostr+walletconnect://abc?relay=wss://a.example&secret=\(secret)", "the wallet's key in 64"),
        (text.replacing(wallet, with: String(repeating: "f", count: 64)), "is no key"),
        (text.replacing(secret, with: String(repeating: "0", count: 64)), "the secret of the connection is no key"),
        (text.replacing("secret=\(secret)", with: ""), "no secret"),
        (text.replacing("secret=\(secret)", with: "secret=1"), "of 64 hexadecimal digits"),
        (text + "&secret=\(secret)", "one secret"),
        (text.replacing("relay=", with: "rely="), "1 to 8 relays"),
        (text.replacing("wss%3A", with: "https%3A"), "no address"),
        (text.replacing("%3A", with: "%3"), "name=value"),
        (text + "&relay", "name=value"),
    ]

    @Test(arguments: wrong)
    func `what is wrong with a connection is told, without its secret`(_ text: String, reason: String) {
        let failure = #expect(throws: NostrFailure.self) { try NWCConnection(parsing: text) }
        #expect(failure?.description.contains(reason) == true, "\(failure?.description ?? "")")
        #expect(failure?.description.contains(Self.secret) == false)
    }

    @Test func `no prefix and no flipped byte of a connection traps`() {
        let bytes = Array(Self.text.utf8)
        for index in bytes.indices {
            _ = try? NWCConnection(parsing: String(decoding: bytes[..<index], as: UTF8.self))
            var changed = bytes
            changed[index] ^= 1
            _ = try? NWCConnection(parsing: String(decoding: changed, as: UTF8.self))
        }
    }
}
