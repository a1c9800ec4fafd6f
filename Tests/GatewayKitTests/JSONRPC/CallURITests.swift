import GatewayKit
import GatewayTesting
import Testing

@Suite("The URI in a call")
struct CallURITests {
    @Test(arguments: [
        "docs://manual/../secret", "docs://manual/./x", "docs://manual/%2e%2e/secret", "docs://manual/1%23/x",
        "docs://manual/a%2Fb", "docs://manual/a%5Cb", "docs://manual/%2541", "docs://manual/%zz", "docs://manual/%2",
        "docs://manual/a\\b", "docs://manual/a b", "docs://manual/a\tb", "docs://manual/a#b", "docs://manual:/secret",
        "docs://@manual/secret", "docs://a:b@manual/secret", "docs://m%61nual/secret", "docs://m\u{ad}anual/secret",
        "https://api.example.com:443/p", "https://api.example.com:0444/p", "https:api.example.com/p",
        "http://127.1/p", "http://0x7f000001/p", "http://2130706433/p", "http://[::1]/p", "file://localhost/p",
        "file:/p",
        "http:///p", "memory:../notes", "no-scheme", "://x", "",
    ])
    func `that has several readings is ambiguous`(uri: String) {
        #expect(CallURI.isAmbiguous(uri))
    }

    @Test(arguments: [
        "docs://manual/secret", "docs://manual/", "docs://manual", "docs://manual/a%20b", "docs://manual/\u{e9}",
        "https://api.example.com:8443/p?q=../x", "http://127.0.0.1/p", "file:///a/b", "memory:notes", "urn:isbn:1",
        "postgres://db.example.com/customers/schema", "screen://display1",
    ])
    func `that servers read alike is not`(uri: String) {
        #expect(!CallURI.isAmbiguous(uri))
    }

    @Test func `no prefix and no flipped byte traps`() {
        for variant in Variants.of("https://a.example:8443/%20x/../[::1]?b#c") {
            _ = CallURI.isAmbiguous(String(decoding: variant, as: UTF8.self))
        }
    }
}
