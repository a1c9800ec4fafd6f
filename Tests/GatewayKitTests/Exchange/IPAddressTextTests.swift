import GatewayKit
import Testing

struct IPAddressTextTests {
    @Test(arguments: [
        "0.0.0.0", "192.0.2.1", "255.255.255.255", "10.0.100.9", "::", "::1", "2001:db8::1", "::ffff:192.0.2.1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "::192.0.2.1",
    ])
    func `the text that is lent is the description`(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.withText { String(decoding: $0, as: UTF8.self) } == address.description)
    }
}
