import GatewayKit
import GatewayServer
import NIOCore
import Testing

/// A connection to an HTTP/2 upstream that ends without a GOAWAY while requests are under way.
struct UpstreamHTTP2EndTests {
    private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    private let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"

    private func upstream(_ services: ScriptedUpstream..., failureLimit: Int = 3) -> Upstream {
        var pooling = Upstream.Pooling()
        pooling.failureLimit = failureLimit
        let endpoints = services.map { Upstream.Endpoint(host: "127.0.0.1", port: $0.port) }
        return Upstream(name: "several", endpoints: endpoints, transport: .http2, pooling: pooling)
    }

    /// Does `script` to the first connection, and answers on every other.
    private func service(
        named name: String,
        _ script: @escaping @Sendable (RawConnection) async throws -> Void
    ) async throws -> ScriptedUpstream {
        let count = Watched(0)
        return try await .start { connection in
            var isFirst = false
            count.update { count in
                isFirst = count == 0
                count += 1
            }
            try await connection.send(HTTP2RawFrame.settings().bytes)
            if isFirst { try await script(connection) }
            for number in 1... {
                let stream = try await connection.streams(number)[number - 1]
                try await connection.answer(stream, name)
            }
        }
    }

    /// The name that answered, or the status.
    private func answer(_ client: RawConnection) async throws -> String {
        let response = try await client.response()
        return response["x-name"] ?? "\(response.status)"
    }

    @Test func `counts as one failure of its endpoint, however many requests it met`() async throws {
        let seen = Watched(0)
        let broken = try await service(named: "a") { connection in
            for number in 1...2 {
                _ = try await connection.streams(number)
                seen.update { $0 = number }
            }
            await connection.close()
        }
        let other = try await service(named: "b") { _ in }
        try await Gateway.serving([ForwardStage(upstream(broken, other, failureLimit: 2))]) { gateway in
            let (first, second) = (try await gateway.connect(), try await gateway.connect())
            try await first.send(post)
            try await seen.wait(for: "the first request") { $0 == 1 }
            // The endpoints take turns.
            try await second.send(post)
            #expect(try await answer(second) == "b")
            try await second.send(post)
            #expect(try await answer(first) == "502")
            #expect(try await answer(second) == "502")
            var later = Set<String>()
            for _ in 1...2 {
                let client = try await gateway.connect()
                try await client.send(post)
                later.insert(try await answer(client))
            }
            #expect(later == ["a", "b"])
        }
        for service in [broken, other] { await service.stop() }
    }

    @Test func `has requests repeated that may be, where it had served before`() async throws {
        let service = try await service(named: "a") { connection in
            try await connection.answer(try await connection.streams(1)[0], "first")
            _ = try await connection.streams(3)
            await connection.close()
        }
        try await Gateway.serving([ForwardStage(upstream(service))]) { gateway in
            let (repeated, refused) = (try await gateway.connect(), try await gateway.connect())
            try await repeated.send(get)
            #expect(try await answer(repeated) == "first")
            try await repeated.send(get)
            try await refused.send(post)
            #expect(try await answer(repeated) == "a")
            #expect(try await answer(refused) == "502")
        }
        await service.stop()
    }

    @Test func `has nothing repeated of which an answer had begun`() async throws {
        let service = try await service(named: "a") { connection in
            try await connection.answer(try await connection.streams(1)[0], "first")
            let stream = try await connection.streams(2)[1]
            try await connection.send(HTTP2RawFrame.headers(stream, .literal(":status", "103")).bytes)
            await connection.close()
        }
        try await Gateway.serving([ForwardStage(upstream(service))]) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            #expect(try await answer(client) == "first")
            try await client.send(get)
            #expect(try await client.response().status == 103)
            #expect(try await answer(client) == "502")
        }
        await service.stop()
    }
}

extension RawConnection {
    /// The streams that an HTTP/2 client has opened, once there are as many.
    func streams(_ count: Int) async throws -> [UInt32] {
        let state = try await received.wait(for: "\(count) streams") { Self.streams(in: $0).count >= count }
        return Self.streams(in: state)
    }

    private static func streams(in state: Received) -> [UInt32] {
        HTTP2RawFrame.all(in: Array(state.bytes.dropFirst([UInt8].preface.count)))
            .filter { $0.kind == HTTP2FrameHeader.Kind.headers.rawValue }
            .map(\.stream)
    }

    func answer(_ stream: UInt32, _ name: String) async throws {
        try await send(HTTP2RawFrame.headers(stream, .okResponse + .literal("x-name", name), ends: true).bytes)
    }
}
