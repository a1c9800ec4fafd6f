import Crypto
import Foundation
import GatewayKit
import GatewayServer
import NIOCore
import Testing

/// A WebSocket between sides that open one in different ways: an upgrade of HTTP/1.1 (RFC 6455 §4) and an extended
/// CONNECT of HTTP/2 (RFC 8441).
struct WebSocketPairTests {
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    /// RFC 6455 §1.3.
    private static let accepted = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    private static func acceptance(of key: String) -> String {
        Data(Insecure.SHA1.hash(data: Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))).base64EncodedString()
    }

    /// Opens every WebSocket, greets, and gives back what comes.
    private func echo(
        _ version: Versions.Version,
        allowsConnect: Bool = true,
        opening: Watched<String>
    ) async throws -> ScriptedUpstream {
        try await .start { connection in
            switch version {
            case .http1:
                let request = try await connection.request()
                opening.update { $0 = request.startLine }
                let accept = Self.acceptance(of: request["sec-websocket-key"] ?? "")
                try await connection.send(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Accept: \(accept)\r\n\r\nhello"
                )
                let start = connection.received.value.taken
                let state = try await connection.received.wait(for: "what is to be given back") {
                    $0.bytes.count >= start + 4
                }
                try await connection.send(Array(state.bytes[start...]))
            case .http2:
                try await connection.send(HTTP2RawFrame.settings((.enableConnectProtocol, allowsConnect ? 1 : 0)).bytes)
                _ = try await connection.streams(1)
                let head = try #require(connection.frames(.headers).first)
                var machine = HTTP2Machine(.server)
                _ = machine.receive(head)
                opening.update { $0 = machine.heads.first?.joined(separator: " ") ?? "" }
                try await connection.send(HTTP2RawFrame.headers(1, .okResponse).bytes)
                try await connection.send(HTTP2RawFrame(.data, stream: 1, Array("hello".utf8)).bytes)
                try await connection.received.wait(for: "what is to be given back") { state in
                    RawConnection.frames(.data, in: state, fromClient: true).flatMap(\.payload).count >= 4
                }
                let given = connection.frames(.data).flatMap(\.payload)
                try await connection.send(HTTP2RawFrame(.data, stream: 1, given).bytes)
            }
        }
    }

    private func upstream(_ service: ScriptedUpstream, _ version: Versions.Version) -> Upstream {
        Upstream(
            name: "service",
            host: "127.0.0.1",
            port: service.port,
            transport: version == .http1 ? .http1 : .http2
        )
    }

    private static let upgrade =
        "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n\r\n"

    private static let connect: [HTTP2RawFrame] = {
        let method: [UInt8] = .literal(":method", "CONNECT") + .literal(":protocol", "websocket")
        let target: [UInt8] = .indexed(6) + .literal(":path", "/chat") + .literal(":authority", "a")
        return [.settings(), .headers(1, method + target + .literal("sec-websocket-version", "13"))]
    }()

    @Test(arguments: Versions.all)
    func `bytes pass both ways once it is open`(_ versions: Versions) async throws {
        let opening = Watched("")
        let service = try await echo(versions.back, opening: opening)
        try await Gateway.serving([ForwardStage(upstream(service, versions.back))]) { gateway in
            let client = try await gateway.connect()
            switch versions.front {
            case .http1:
                try await client.send(Self.upgrade)
                try await client.received.wait(for: "the greeting") { Self.text($0).hasSuffix("hello") }
                try await client.send("ping")
                let state = try await client.received.wait(for: "the echo") { Self.text($0).hasSuffix("ping") }
                let head = Self.text(state).lowercased()
                #expect(head.hasPrefix("http/1.1 101 "))
                #expect(head.contains("sec-websocket-accept: \(Self.accepted.lowercased())\r\n"))
            case .http2:
                try await client.send(.preface + Self.connect.flatMap(\.bytes))
                try await client.received.wait(for: "the greeting") { Self.data(in: $0) == Array("hello".utf8) }
                try await client.send(HTTP2RawFrame(.data, stream: 1, Array("ping".utf8)).bytes)
                try await client.received.wait(for: "the echo") { Self.data(in: $0) == Array("helloping".utf8) }
            }
        }
        switch versions.back {
        case .http1: #expect(opening.value == "GET /chat HTTP/1.1")
        case .http2:
            #expect(opening.value.hasPrefix(":method: CONNECT"))
            #expect(opening.value.contains(":protocol: websocket"))
            // Of HTTP/1.1 alone (RFC 8441 §5).
            #expect(!opening.value.contains("sec-websocket-key"))
        }
        await service.stop()
    }

    @Test func `an upstream of HTTP/2 that opens none is 502`() async throws {
        let service = try await echo(.http2, allowsConnect: false, opening: Watched(""))
        try await Gateway.serving([ForwardStage(upstream(service, .http2))]) { gateway in
            let client = try await gateway.connect()
            try await client.send(Self.upgrade)
            #expect(try await client.response().status == 502)
        }
        await service.stop()
    }

    private static func text(_ state: RawConnection.Received) -> String { String(decoding: state.bytes, as: UTF8.self) }

    private static func data(in state: RawConnection.Received) -> [UInt8] {
        RawConnection.frames(.data, in: state, fromClient: false).flatMap(\.payload)
    }
}

extension RawConnection {
    /// The frames of a kind that a client has sent.
    fileprivate func frames(_ kind: HTTP2FrameHeader.Kind) -> [HTTP2RawFrame] {
        Self.frames(kind, in: received.value, fromClient: true)
    }

    fileprivate static func frames(
        _ kind: HTTP2FrameHeader.Kind,
        in state: Received,
        fromClient: Bool
    ) -> [HTTP2RawFrame] {
        let bytes = fromClient ? Array(state.bytes.dropFirst([UInt8].preface.count)) : state.bytes
        return HTTP2RawFrame.all(in: bytes).filter { $0.kind == kind.rawValue }
    }
}
