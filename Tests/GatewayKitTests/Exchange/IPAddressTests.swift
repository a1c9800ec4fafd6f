import GatewayKit
import Testing

struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
        ("::1", "::1"), ("2001:DB8:0:0::1", "2001:db8::1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:c000:0201", "192.0.2.1"), ("fe80::1", "fe80::1"),
    ])
    func `an address is read and written in its usual form`(_ text: String, _ written: String) {
        #expect(IPAddress(text)?.description == written)
    }

    @Test(arguments: [
        "", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1:80", "[::1]", "::1%eth0", " 192.0.2.1", "192.0.2.1 ",
        "1.2.3.4.5", ":::", "1::2::3", "12345::", "192.0.2.1\u{0}", "192.0.2.1\u{0}.example.com", "::1\u{0}x",
    ])
    func `anything else is no address`(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `an IPv4 address is the same when it is mapped into IPv6`() {
        #expect(IPAddress("::ffff:192.0.2.1") == IPAddress("192.0.2.1"))
        #expect(IPAddress("192.0.2.1") == IPAddress(v4: 0xC000_0201))
        #expect(IPAddress("::ffff:192.0.2.1")?.isV4 == true)
        #expect(IPAddress("::192.0.2.1")?.isV4 == false)
    }

    @Test func `16 bytes in network order are an address`() {
        var bytes = [UInt8](repeating: 0, count: 16)
        bytes[0] = 0x20
        bytes[1] = 0x01
        bytes[15] = 9
        #expect(bytes.withUnsafeBytes { IPAddress(v6: $0) } == IPAddress("2001::9"))
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.255.255", true), ("::1", true), ("::ffff:127.0.0.1", true), ("128.0.0.1", false),
        ("::2", false), ("::", false),
    ])
    func `loopback is known`(_ text: String, _ isLoopback: Bool) {
        #expect(IPAddress(text)?.isLoopback == isLoopback)
    }

    // MARK: Networks

    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3/8", "10.0.0.0/8"), ("192.0.2.1", "192.0.2.1/32"),
        ("192.0.2.129/25", "192.0.2.128/25"), ("0.0.0.0/0", "0.0.0.0/0"), ("1.2.3.4/0", "0.0.0.0/0"),
        ("2001:db8::1/32", "2001:db8::/32"), ("::1", "::1/128"), ("::/0", "::/0"),
        ("ffff:ffff::1/64", "ffff:ffff::/64"),
        ("1:2:3:4:5:6:7:8/65", "1:2:3:4::/65"), ("::ffff:10.1.2.3/8", "10.0.0.0/8"),
    ])
    func `a network is read and its other bits are cleared`(_ text: String, _ written: String) {
        #expect(Network(parsing: text)?.description == written)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/-0", "::/129", "10/8",
        "10.0.0.0/8/8", "10.0.0.0 /8", "::ffff:10.0.0.0/104", "10.0.0.0/99999999999999999999",
    ])
    func `anything else is no network`(_ text: String) {
        #expect(Network(parsing: text) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "1.2.3.4", true),
        ("0.0.0.0/0", "::1", false), ("::/0", "::1", true), ("::/0", "1.2.3.4", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false), ("::1/64", "::2", true), ("::1/63", "0:0:0:1::", true),
        ("::1/64", "0:0:0:1::", false),
    ])
    func `a network contains the addresses of its prefix`(_ network: String, _ address: String, _ isIn: Bool) throws {
        let network = try #require(Network(parsing: network))
        #expect(network.contains(try #require(IPAddress(address))) == isIn)
    }

    @Test func `a network contains the networks within it`() throws {
        let wide = try #require(Network(parsing: "10.0.0.0/8"))
        let narrow = try #require(Network(parsing: "10.1.0.0/16"))
        let everything = try #require(Network(parsing: "::/0"))
        #expect(wide.contains(narrow))
        #expect(wide.contains(wide))
        #expect(!narrow.contains(wide))
        #expect(!everything.contains(wide))
    }

    @Test func `a prefix out of range makes no network`() throws {
        let address = try #require(IPAddress("10.0.0.1"))
        for prefix in [-1, 33, 128, Int.max, Int.min] {
            #expect(Network(address, prefix: prefix) == nil)
        }
    }

    @Test func `every prefix and every flipped byte of a network is read or refused`() {
        for text in ["10.1.2.3/8", "2001:db8::1/32", "::ffff:192.0.2.1/24"] {
            for variant in Variants.of(text) {
                if let network = Network(parsing: String(decoding: variant, as: UTF8.self)) {
                    #expect(network.contains(network.address))
                    #expect(Network(parsing: network.description) == network)
                }
            }
        }
    }
}
