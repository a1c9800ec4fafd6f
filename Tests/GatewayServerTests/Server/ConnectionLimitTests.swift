import GatewayKit
import GatewayServer
import NIOCore
import Testing

struct ConnectionLimitTests {
    private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Serves with so many connections at the most.
    private func serving(
        most: Int,
        perAddress: Int,
        trustedProxies: [String] = [],
        threads: Int = 1,
        _ body: @Sendable (Gateway) async throws -> Void
    ) async throws {
        let routing = SingleRoute(Route(name: "tested", stages: [ReplyStage()]))
        try await Gateway.serving(routing, threads: threads) { gateway in
            var settings = ListenerSettings(
                host: "127.0.0.1",
                port: 0,
                trustedProxies: trustedProxies.compactMap { Network(parsing: $0) }
            )
            settings.maxConnections = most
            settings.maxConnectionsPerAddress = perAddress
            try await gateway.server.replace([.init(settings, routing: routing)])
            try await body(gateway)
        }
    }

    /// One that has been served, and so is counted.
    private func served(_ gateway: Gateway) async throws -> RawConnection {
        let client = try await gateway.connect()
        try await client.send(get)
        #expect(try await client.response().status == 200)
        return client
    }

    @Test(arguments: [(3, 10, 1), (10, 3, 1), (3, 10, 4), (10, 3, 4)])
    func `a connection beyond the most, in all or of its address, is closed and counted`(
        _ most: Int,
        _ perAddress: Int,
        threads: Int
    ) async throws {
        try await serving(most: most, perAddress: perAddress, threads: threads) { gateway in
            var clients = [RawConnection]()
            for _ in 0..<3 { clients.append(try await served(gateway)) }
            #expect(try await gateway.connect().end() == "")
            #expect(try await gateway.connect().end() == "")
            #expect(try await gateway.server.refusedConnectionCount() == 2)
            // Those that are open go on, and one that ends makes room.
            await clients[0].close()
            try await gateway.connections(become: 2)
            _ = try await served(gateway)
        }
    }

    /// Whoever has one address of IPv6 has all of its /64 as a rule.
    @Test func `an address of IPv6 counts with all of its block`() throws {
        var settings = ListenerSettings(host: "::1", port: 0)
        settings.maxConnectionsPerAddress = 1
        let census = ConnectionCensus(settings)
        let addresses = ["2001:db8::1", "2001:db8::2:1", "2001:db8:0:1::1", "192.0.2.1", "192.0.2.2"]
        let entered = addresses.map { census.enter(IPAddress($0)) }
        #expect(entered == [true, false, true, true, true])
        census.leave(IPAddress("2001:db8::1"))
        let again = census.enter(IPAddress("2001:db8::2:1"))
        #expect(again)
    }

    @Test func `a trusted proxy has as many as there may be in all`() async throws {
        try await serving(most: 3, perAddress: 1, trustedProxies: ["127.0.0.1"]) { gateway in
            var clients = [RawConnection]()
            for _ in 0..<3 { clients.append(try await served(gateway)) }
            #expect(try await gateway.connect().end() == "")
        }
    }
}
