import GatewayKit
import GatewayServer
import HTTPTypes
import Testing

/// What is answered without an exchange stands in the access log like everything else.
struct AccessLogRefusalTests {
    private struct NoRoute: Routing {
        func route(for request: RequestHead) -> Route? { nil }
    }

    private static let longTarget = String(repeating: "a", count: 20_000)
    private static let manyFields = String(repeating: "A: b\r\n", count: 120)

    @Test func `a request that no route matches is a line`() async throws {
        var body = ""
        let lines = try await AccessLogLines.of(NoRoute()) { client in
            try await client.send("GET /nowhere?q HTTP/1.1\r\nHost: Api.Example\r\n\r\n")
            body = try await client.response().text
        }
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(line.client == "127.0.0.1")
        #expect(line.method == "GET")
        #expect(line.host == "api.example")
        #expect(line.path == "/nowhere")
        #expect(line.route == nil)
        #expect(line.status == 404)
        #expect(line.outcome == "replied")
        #expect(line.response_bytes == body.utf8.count)
        #expect(body.contains("urn:sluice:exchange:\(line.id)"))
    }

    @Test(arguments: [
        ("GET /\r\n\r\n", 400),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501),
        ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("GET /\(longTarget) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: a\r\n\(manyFields)\r\n", 431),
    ])
    func `a request that cannot be read is a line without a method`(_ request: String, status: Int) async throws {
        let lines = try await AccessLogLines.of(NoRoute()) { client in
            try await client.send(request)
            #expect(try await client.response().status == status)
        }
        #expect(lines.map(\.status) == [status])
        #expect(lines.first?.client == "127.0.0.1")
        #expect(lines.first.map { $0.method == nil && $0.path == nil } == true)
    }

    @Test func `over HTTP/2 both are lines as well`() async throws {
        let head: [UInt8] = .indexed(2) + .indexed(6) + .indexed(4) + .literal(":authority", "a")
        let connect: [UInt8] = .literal(":method", "CONNECT") + .literal(":authority", "a:443")
        let frames: [HTTP2RawFrame] = [.settings(), .headers(1, head, ends: true), .headers(3, connect, ends: true)]
        let lines = try await AccessLogLines.of(NoRoute()) { client in
            try await client.send(.preface + frames.flatMap(\.bytes))
            try await client.received.wait(for: "two answers") { state in
                HTTP2RawFrame.all(in: state.bytes).count { $0.kind == HTTP2FrameHeader.Kind.headers.rawValue } == 2
            }
        }
        #expect(lines.map(\.status) == [404, 501])
        #expect(lines.map(\.method) == ["GET", nil])
    }
}
