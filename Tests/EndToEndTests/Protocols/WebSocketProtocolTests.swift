import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: ProtocolPeer.isExpected, ProtocolPeer.whyNot))
struct `Protocols: WebSocket` {
    private struct Port: Decodable {
        let port: Int
    }

    private struct Answer: Decodable, Equatable {
        var text: String?
        var binary: Bool?
        var pong: Bool?
        /// The code with which the upstream saw the client close.
        var upstream_saw: Int?
        /// The code with which the client saw the upstream close.
        var code: Int?
        var reason: String?
        /// The gateway's settings allow RFC 8441.
        var enabled: Bool?
        /// The status with which the handshake was refused.
        var refused: Int?
        var failure: String?
    }

    private func talk(_ version: String, path: String) async throws -> Answer {
        let upstream = try PythonUpstream("websocket_echo.py")
        let place: Port = try await upstream.place()
        let answer: Answer = try await ProtocolGateway.with(
            upstreams: ["echo: { url: \"http://127.0.0.1:\(place.port)\" }"],
            routes: [
                "{ name: open, match: { path: /open }, pipeline: [ forward: echo ] }",
                "{ name: closed, match: { path: /closed }, pipeline: [ respond: { status: 403 } ] }",
            ]
        ) { gateway in
            try await ProtocolPeer.ask("websocket_client.py", [version, "\(gateway.port)", path])
        }
        withExtendedLifetime(upstream) {}
        return answer
    }

    @Test(arguments: ["http1", "http2"])
    func `text, 100 KiB, pings and close codes pass both ways`(version: String) async throws {
        let answer = try await talk(version, path: "/open")
        let expected = Answer(
            text: "hello",
            binary: true,
            pong: true,
            upstream_saw: 4002,
            code: 4001,
            reason: "as told",
            enabled: version == "http2" ? true : nil
        )
        #expect(answer == expected)
    }

    @Test(arguments: ["http1", "http2"])
    func `a pipeline that answers 403 refuses the handshake`(version: String) async throws {
        let answer = try await talk(version, path: "/closed")
        #expect(answer == Answer(refused: 403))
    }
}
