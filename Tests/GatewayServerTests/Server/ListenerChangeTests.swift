import GatewayKit
import GatewayServer
import Testing

struct ListenerChangeTests {
    private func listener(_ address: String, streams: Int = 128) throws -> ListenerSettings {
        var settings = try #require(ListenerSettings(parsing: address))
        settings.limits.streams = streams
        return settings
    }

    @Test func `what is the same stays, what is new opens, what is gone closes`() throws {
        let (a, b, c) = (try listener("127.0.0.1:1"), try listener("127.0.0.1:2"), try listener("127.0.0.1:3"))
        let change = ListenerChange(from: [a, b], to: [c, b])
        #expect(change.kept == [1: 1])
        #expect(change.removed == [0])
    }

    @Test func `an address with other settings keeps its socket`() throws {
        let change = ListenerChange(from: [try listener("127.0.0.1:1")], to: [try listener("127.0.0.1:1", streams: 7)])
        #expect(change.kept == [0: 0])
        #expect(change.removed.isEmpty)
    }

    @Test func `equal settings go before equal addresses`() throws {
        let (a, b) = (try listener("127.0.0.1:0", streams: 1), try listener("127.0.0.1:0", streams: 2))
        #expect(ListenerChange(from: [a, b], to: [b, a]).kept == [0: 1, 1: 0])
        #expect(ListenerChange(from: [a, b], to: [b]).kept == [0: 1])
        #expect(ListenerChange(from: [a, b], to: [b]).removed == [0])
    }

    @Test func `one socket serves one listener`() throws {
        let any = try listener("127.0.0.1:0")
        #expect(ListenerChange(from: [any], to: [any, any]).kept == [0: 0])
    }
}
