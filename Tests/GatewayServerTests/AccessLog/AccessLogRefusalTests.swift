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
            await client.close()
        }
        #expect(lines.map(\.status) == [status])
        #expect(lines.first?.client == "127.0.0.1")
        #expect(lines.first.map { $0.method == nil && $0.path == nil } == true)
    }

    @Test(
        arguments: [
            (.literal(":method", "TRACE") + .indexed(6) + .indexed(4) + .literal(":authority", "a"), 405),
            (.literal(":method", "CONNECT") + .literal(":protocol", "connect-udp") + .indexed(6) + .indexed(4), 501),
            (.indexed(2) + .literal(":protocol", "websocket") + .indexed(6) + .indexed(4), 400),
            (.indexed(2) + .indexed(6) + .indexed(4) + .literal(":authority", "a") + .literal("host", "b"), 400),
            (.indexed(3) + .indexed(6) + .indexed(4) + .literal("content-length", "5"), 400),
        ] as [([UInt8], Int)]
    )
    func `a request that HTTP/2 carries and nobody serves is a line with its status`(
        _ block: [UInt8],
        status: Int
    ) async throws {
        let isConnect = block.starts(with: [UInt8].literal(":method", "CONNECT"))
        let frames: [HTTP2RawFrame] = [.settings(), .headers(1, block, ends: !isConnect)]
        let lines = try await AccessLogLines.of(NoRoute()) { client in
            try await client.send(.preface + frames.flatMap(\.bytes))
            try await client.received.wait(for: "an answer") { state in
                HTTP2RawFrame.all(in: state.bytes).contains { $0.kind == HTTP2FrameHeader.Kind.headers.rawValue }
            }
        }
        #expect(lines.map(\.status) == [status])
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

    // MARK: What is answered with a reset and nothing else

    private static let get: [UInt8] = .indexed(2) + .indexed(6)

    /// The lines of what these frames make once so many streams are reset.
    private func lines(
        of frames: [HTTP2RawFrame],
        resets count: Int = 1,
        _ routing: any Routing = NoRoute()
    ) async throws -> [AccessLogLines.Line] {
        try await AccessLogLines.of(routing) { client in
            try await client.send(.preface + ([.settings()] + frames).flatMap(\.bytes))
            try await client.received.wait(for: "\(count) resets") { state in
                let frames = HTTP2RawFrame.all(in: state.bytes)
                return frames.count { $0.kind == HTTP2FrameHeader.Kind.resetStream.rawValue } == count
            }
        }
    }

    @Test func `a malformed request of HTTP/2 is a line with what could be read of it`() async throws {
        let head = Self.get + .literal(":path", "/a?q") + .literal(":authority", "a") + .literal("Upper", "x")
        let lines = try await lines(of: [.headers(1, head, ends: true)])
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect([line.client, line.method, line.host, line.path] == ["127.0.0.1", "GET", "a", "/a"])
        #expect(line.status == nil)
        #expect(line.outcome == "client_left")
        #expect(line.reason == "a header name has an upper-case letter")
    }

    @Test func `a malformed request whose target cannot be read is a line without one`() async throws {
        let lines = try await lines(of: [.headers(1, .literal("Upper", "x") + Self.get, ends: true)])
        #expect(lines.count == 1)
        #expect(lines.first.map { $0.method == nil && $0.path == nil && $0.reason != nil } == true)
    }

    @Test func `a stream beyond the most is a line`() async throws {
        let routing = SingleRoute(Route(name: "stuck", stages: [BodyStage()]))
        let head: [UInt8] = .indexed(3) + .indexed(6) + .literal(":path", "/a") + .literal(":authority", "a")
        let most = UInt32(MessageLimits().streams)
        let lines = try await lines(of: (0...most).map { .headers(2 * $0 + 1, head) }, routing)
        let refused = lines.filter { $0.reason != nil }
        #expect(refused.map(\.reason) == ["more streams than may be open at the same time"])
        #expect(refused.map(\.path) == ["/a"])
        #expect(refused.map(\.route) == [nil])
    }

    @Test(arguments: [
        (HTTP2RawFrame.windowUpdate(1, 0), "the client broke the rules of its stream: PROTOCOL_ERROR"),
        (.data(1, 9, ends: true), "the body is not as long as the head says"),
    ])
    func `a stream that the client breaks is one line with the reason`(
        _ frame: HTTP2RawFrame,
        _ reason: String
    ) async throws {
        let routing = SingleRoute(Route(name: "stuck", stages: [BodyStage()]))
        let head: [UInt8] =
            .indexed(3) + .indexed(6) + .literal(":path", "/a") + .literal(":authority", "a")
            + .literal("content-length", "10")
        let lines = try await lines(of: [.headers(1, head), frame], routing)
        #expect(lines.map(\.reason) == [reason])
        #expect(lines.map(\.route) == ["stuck"])
        #expect(lines.map(\.outcome) == ["client_left"])
    }
}
