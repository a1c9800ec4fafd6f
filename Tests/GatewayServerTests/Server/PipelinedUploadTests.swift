import GatewayKit
import GatewayServer
import NIOCore
import Testing

struct PipelinedUploadTests {
    /// More than waits for an upstream's window, all of it read before the request's turn has come: no later event of the
    /// client brings it on its way.
    @Test func `a body that waited behind an earlier request is sent to its end`() async throws {
        let isReleased = Watched(false)
        let service = try await ScriptedUpstream.start { connection in
            try await connection.send(HTTP2RawFrame.settings((.initialWindowSize, 1 << 20)).bytes)
            try await connection.send(HTTP2RawFrame.windowUpdate(0, 1 << 20).bytes)
            let first = try await connection.streams(1)[0]
            try await isReleased.wait(for: "all of the upload") { $0 }
            let before = connection.received.value.count
            try await connection.answer(first, "first")
            let second = try await connection.streams(2)[1]
            try await connection.received.wait(for: "all of the body") { $0.count - before > 65_000 }
            try await connection.answer(second, "second")
        }
        let upstream = Upstream(
            name: "one",
            endpoints: [.init(host: "127.0.0.1", port: service.port)],
            transport: .http2
        )
        for size in stride(from: 66_000, to: 130_000, by: 4_000) {
            isReleased.update { $0 = false }
            try await Gateway.serving([ForwardStage(upstream)]) { gateway in
                let client = try await gateway.connect()
                let heads =
                    "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n"
                try await client.send(Array(heads.utf8) + Array(repeating: UInt8(ascii: "x"), count: size))
                for _ in 1...100 { _ = try await gateway.server.connectionCount() }
                isReleased.update { $0 = true }
                let first = try await client.response()
                #expect(first["x-name"] == "first")
                let second = try await client.response()
                #expect(second["x-name"] == "second", "\(size) bytes")
            }
        }
        await service.stop()
    }
}
