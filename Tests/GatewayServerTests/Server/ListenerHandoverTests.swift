import GatewayKit
import GatewayServer
import NIOCore
import Testing

struct ListenerHandoverTests {
    private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    private let here = ListenerSettings(host: "127.0.0.1", port: 0)
    private let there = ListenerSettings(host: "localhost", port: 0)

    private func routing(_ text: String) -> any Routing {
        SingleRoute(Route(name: text, stages: [ReplyStage(.text(text))]))
    }

    private func answer(_ gateway: Gateway, at port: Int? = nil) async throws -> String {
        let client = try await RawConnection.connect(to: port ?? gateway.port)
        try await client.send(get)
        let text = try await client.response().text
        await client.close()
        return text
    }

    @Test func `a new address opens beside one that stays`() async throws {
        try await Gateway.serving(routing("old")) { gateway in
            let client = try await gateway.connect()
            try await gateway.server.replace([
                .init(here, routing: routing("old")), .init(there, routing: routing("new")),
            ])
            let ports = gateway.server.addresses.map { $0.port ?? 0 }
            #expect(ports.count == 2 && ports[0] == gateway.port)
            try await client.send(get)
            #expect(try await client.response().text == "old")
            #expect(try await answer(gateway) == "old")
        }
    }

    @Test func `requests of connections that were open before go by the new routes`() async throws {
        try await Gateway.serving(routing("old"), threads: 2) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            #expect(try await client.response().text == "old")
            try await gateway.server.replace([.init(here, routing: routing("new"))])
            try await client.send(get)
            #expect(try await client.response().text == "new")
            #expect(try await answer(gateway) == "new")
        }
    }

    @Test func `an exchange on a listener that is removed ends, and then its connection`() async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let stages: [any Stage] = [LaterStage(journal: journal, gate: gate), ReplyStage()]
        try await Gateway.serving(stages, drainTimeout: .seconds(20)) { gateway in
            let (running, idle) = (try await gateway.connect(), try await gateway.connect())
            try await gateway.connections(become: 2)
            try await running.send(get)
            _ = try await journal.lines(1)
            try await gateway.server.replace([.init(there, routing: routing("new"))])
            #expect(try await idle.end() == "")
            await #expect(throws: (any Error).self) { try await gateway.connect() }
            gate.update { $0 = true }
            let response = try await running.response()
            #expect(response.text == "replied")
            #expect(response["connection"] == "close")
            #expect(try await running.end() == "")
            #expect(try await journal.lines(3).last == "settle replied 200")
        }
    }

    @Test func `a request that was half sent to a listener that is removed is the last of its connection`() async throws
    {
        try await Gateway.serving(routing("old"), drainTimeout: .seconds(20)) { gateway in
            let (client, idle) = (try await gateway.connect(), try await gateway.connect())
            try await client.send(get + "GET / HTTP/1.1\r\n")
            #expect(try await client.response().text == "old")
            try await gateway.connections(become: 2)
            try await gateway.server.replace([.init(there, routing: routing("new"))])
            #expect(try await idle.end() == "")
            try await client.send("Host: a\r\n\r\n")
            #expect(try await client.response()["connection"] == "close")
            #expect(try await client.end() == "")
        }
    }

    @Test func `what lasts too long on a listener that is removed is ended`() async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let stages: [any Stage] = [
            RecordingStage("a", journal), LaterStage(journal: journal, gate: gate), ReplyStage(),
        ]
        try await Gateway.serving(stages, drainTimeout: .milliseconds(10)) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            _ = try await journal.lines(2)
            try await gateway.server.replace([.init(there, routing: routing("new"))])
            #expect(try await client.end() == "")
            gate.update { $0 = true }
            #expect(try await journal.lines(4).last == "settle a drained -")
        }
    }

    @Test func `an address with other settings is not closed for a moment`() async throws {
        try await Gateway.serving(routing("old")) { gateway in
            let idle = try await gateway.connect()
            try await gateway.connections(become: 1)
            var changed = here
            changed.maxConnectionsPerAddress = 1
            try await gateway.server.replace([.init(changed, routing: routing("new"))])
            #expect(gateway.server.addresses.map { $0.port ?? 0 } == [gateway.port])
            #expect(try await idle.end() == "")
            let first = try await gateway.connect()
            try await first.send(get)
            #expect(try await first.response().text == "new")
            #expect(try await gateway.connect().end() == "")
        }
    }

    @Test func `an address that cannot be opened leaves everything as it was`() async throws {
        try await Gateway.serving(routing("other")) { other in
            try await Gateway.serving(routing("old")) { gateway in
                let client = try await gateway.connect()
                let taken = ListenerSettings(host: "127.0.0.1", port: other.port)
                await #expect(throws: StartFailure.self) {
                    try await gateway.server.replace([
                        .init(here, routing: routing("new")), .init(there, routing: routing("new")),
                        .init(taken, routing: routing("new")),
                    ])
                }
                #expect(gateway.server.addresses.map { $0.port ?? 0 } == [gateway.port])
                try await client.send(get)
                #expect(try await client.response().text == "old")
            }
        }
    }

    @Test func `a server that was told to stop opens nothing`() async throws {
        try await Gateway.serving(routing("old")) { gateway in
            await gateway.server.drain()
            await #expect(throws: StartFailure.self) {
                try await gateway.server.replace([.init(there, routing: routing("new"))])
            }
        }
    }
}
