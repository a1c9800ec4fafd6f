import GatewayKit
import GatewayServer
import HTTPTypes
import Testing

/// A stage that a policy could name.
private struct NamedStage: StagePlugin {
    static let word = "named"
    let decision: Decision
    var summary: String { "" }

    init(_ decision: Decision) {
        self.decision = decision
    }

    init(from settings: inout PolicyReader, _ services: Services) throws {
        decision = .next
    }

    func admit(_ exchange: Exchange) -> Eventually<Decision> { .now(decision) }
}

struct AccessLogServerTests {
    private let get = "GET /a/b?secret=1 HTTP/1.1\r\nHost: Api.Example\r\n\r\n"

    private func route(_ stages: any Stage...) -> SingleRoute {
        SingleRoute(Route(name: "tested", stages: stages))
    }

    @Test func `a reply is a line with the stage that gave it`() async throws {
        let stages = route(NamedStage(.next), NamedStage(.reply(Reply(.init(code: 402), detail: "pay"))))
        var instance = ""
        let lines = try await AccessLogLines.of(stages) { client in
            try await client.send(get)
            instance = try await client.response().text
        }
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(line.client == "127.0.0.1")
        #expect(line.method == "GET")
        #expect(line.host == "api.example")
        #expect(line.path == "/a/b")
        #expect(line.version == "HTTP/1.1")
        #expect(line.route == "tested")
        #expect(line.stage == "named")
        #expect(line.status == 402)
        #expect(line.outcome == "replied")
        #expect(line.upstream == nil)
        #expect(line.response_bytes == instance.utf8.count)
        #expect(line.connected_ms == nil)
        #expect(line.first_byte_ms.map { $0 <= line.total_ms } == true)
        #expect(instance.contains(#""instance":"urn:sluice:exchange:\#(line.id)""#))
    }

    @Test func `a response is a line with its upstream, its bytes and its times`() async throws {
        let service = try await ScriptedUpstream.answering { _ in .ok("four") }
        let forward = route(NamedStage(.forward(service.upstream())))
        let lines = try await AccessLogLines.of(forward) { client in
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            _ = try await client.response()
        }
        await service.stop()
        let line = try #require(lines.first)
        #expect(line.stage == "named")
        #expect(line.status == 200)
        #expect(line.outcome == "answered")
        #expect(line.upstream == "scripted")
        #expect(line.request_bytes == 5)
        #expect(line.response_bytes == 4)
        let (connected, firstByte) = (try #require(line.connected_ms), try #require(line.first_byte_ms))
        #expect(connected <= firstByte && firstByte <= line.total_ms)
    }

    @Test func `an upstream that cannot be reached is named in the line`() async throws {
        let port = try await ScriptedUpstream.closedPort()
        let upstream = Upstream(name: "gone", host: "127.0.0.1", port: port)
        let lines = try await AccessLogLines.of(route(NamedStage(.forward(upstream))), sample: 0) { client in
            try await client.send(get)
            #expect(try await client.response().status == 502)
        }
        #expect(lines.map(\.upstream) == ["gone"])
        #expect(lines.map(\.outcome) == ["upstream_unreachable"])
        #expect(lines.first?.connected_ms == nil)
    }

    @Test func `every request of a connection is a line with an id of its own`() async throws {
        let lines = try await AccessLogLines.of(route(ReplyStage())) { client in
            for _ in 1...3 {
                try await client.send(get)
                _ = try await client.response()
            }
        }
        #expect(lines.count == 3)
        #expect(Set(lines.map(\.id)).count == 3)
        #expect(lines.allSatisfy { $0.stage == nil })
    }

    @Test func `a share of 0 leaves what is ordinary out`() async throws {
        let lines = try await AccessLogLines.of(route(ReplyStage()), sample: 0) { client in
            try await client.send(get)
            _ = try await client.response()
        }
        #expect(lines.isEmpty)
    }
}
