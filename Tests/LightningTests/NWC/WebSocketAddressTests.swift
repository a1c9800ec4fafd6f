import Lightning
import Testing

struct WebSocketAddressTests {
    @Test(arguments: [
        ("wss://relay.example.com", "relay.example.com", 443, "/"),
        ("WSS://Relay.Example.com:8443/v1?a=b", "relay.example.com", 8_443, "/v1?a=b"),
        ("ws://127.0.0.1:7000/", "127.0.0.1", 7_000, "/"), ("ws://[::1]:7000", "::1", 7_000, "/"),
    ])
    func `an address has a host, a port and a target`(_ text: String, host: String, port: Int, target: String) throws {
        let address = try #require(WebSocketAddress(parsing: text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.target == target)
        #expect(WebSocketAddress(parsing: address.description) == address)
    }

    @Test(arguments: [
        "", "relay.example.com", "https://relay.example.com", "wss://", "wss:///v1", "wss://me@relay.example.com",
        "wss://relay.example.com#a", "wss://relay example.com", "wss://relay.example.com:0", "ws://a\r\nb", "ws://é",
    ])
    func `what is no address of a WebSocket is refused`(_ text: String) {
        #expect(WebSocketAddress(parsing: text) == nil)
    }
}
