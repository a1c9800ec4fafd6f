import GatewayKit
import Testing

struct ListenerSettingsTests {
    @Test(arguments: [
        ("127.0.0.1:8402", "127.0.0.1", 8_402), ("[::1]:8402", "::1", 8_402), ("localhost:0", "localhost", 0),
        ("0.0.0.0:65535", "0.0.0.0", 65_535), ("a-b.example:1", "a-b.example", 1),
    ])
    func `an address is read with its port`(_ text: String, _ host: String, _ port: Int) {
        let settings = ListenerSettings(parsing: text)
        #expect(settings == ListenerSettings(host: host, port: port))
        #expect(settings?.address == text)
    }

    @Test(arguments: [
        "", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+80", "::1:80",
        "[::1]",
        "[::1:80", "[127.0.0.1]:80", "[::ffff:127.0.0.1]:80", "[localhost]:80", "a b:80", "http://a:80", "a:80 ",
        "a/b:80",
        "[]:80",
    ])
    func `anything else is no address`(_ text: String) {
        #expect(ListenerSettings(parsing: text) == nil)
    }

    @Test func `every prefix and every flipped byte of an address is read or refused`() {
        for text in ["127.0.0.1:8402", "[2001:db8::1]:443", "localhost:65535"] {
            for variant in Variants.of(text) {
                if let settings = ListenerSettings(parsing: String(decoding: variant, as: UTF8.self)) {
                    #expect((0...65_535).contains(settings.port) && !settings.host.isEmpty)
                }
            }
        }
    }

    @Test func `an upstream of an IPv6 address has its authority in brackets`() {
        #expect(Upstream(name: "a", host: "::1", port: 80).authority == "[::1]:80")
        #expect(Upstream(name: "a", host: "example.com", port: 80).authority == "example.com:80")
    }
}
