import GatewayKit
import GatewayServer
import NIOCore
import Testing

struct WebSocketEndTests {
    /// RFC 8441 §5: the end of the upstream's side is END_STREAM, and nothing but that.
    @Test func `an upstream that ends leaves a client of HTTP/2 its own end`() async throws {
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            try await connection.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nlast frame"
            )
            await connection.close()
        }
        let method: [UInt8] = .literal(":method", "CONNECT") + .literal(":protocol", "websocket")
        let target: [UInt8] = .indexed(6) + .indexed(4) + .literal(":authority", "a")
        let handshake: [UInt8] =
            .literal("sec-websocket-version", "13") + .literal("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            let opening: [HTTP2RawFrame] = [.settings(), .headers(1, method + target + handshake)]
            try await client.send(.preface + opening.flatMap(\.bytes))
            try await client.received.wait(for: "the end of the upstream's side") { state in
                HTTP2RawFrame.all(in: state.bytes).contains { $0.kind == 0 && $0.flags & 1 == 1 }
            }
            try await client.send(HTTP2RawFrame.data(1, 3, ends: true).bytes + HTTP2RawFrame.ping(7).bytes)
            let state = try await client.received.wait(for: "the answer to the PING") { state in
                HTTP2RawFrame.all(in: state.bytes).contains { $0.kind == 6 }
            }
            let frames = HTTP2RawFrame.all(in: state.bytes)
            #expect(frames.filter { $0.kind == 0 }.flatMap(\.payload) == Array("last frame".utf8))
            #expect(frames.filter { $0.description.hasPrefix("RST_STREAM") } == [])
        }
    }
}
