import GatewayKit
import GatewayServer
import NIOCore
import Testing

/// What HTTP/2 has its own words for: interim heads, lengths that are declared twice, windows.
struct HTTP2ResponseTests {
    private func upstream(_ service: ScriptedUpstream, _ version: Versions.Version) -> Upstream {
        Upstream(
            name: "service",
            host: "127.0.0.1",
            port: service.port,
            transport: version == .http1 ? .http1 : .http2
        )
    }

    /// RFC 9113 §8.1.1.
    @Test(arguments: Versions.Version.allCases, ["abc", "abcdefgh"])
    func `a response that is not as long as its head says is cut`(_ front: Versions.Version, _ body: String)
        async throws
    {
        let service = try await AnsweringUpstream.start(.http2) { upstream in
            try await upstream.head(length: 5)
            try await upstream.part(body)
            try await upstream.end()
        }
        try await Gateway.serving([ForwardStage(upstream(service, .http2))]) { gateway in
            let answer = try await AnsweredClient.request(gateway, front).ended()
            #expect(answer.end == .cut)
        }
        await service.stop()
    }

    @Test(arguments: Versions.all)
    func `an interim response passes before the final one`(_ versions: Versions) async throws {
        let service = try await AnsweringUpstream.start(versions.back) { upstream in
            switch versions.back {
            case .http1: try await upstream.connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            case .http2:
                let block: [UInt8] = .literal(":status", "103") + .literal("link", "</a>")
                try await upstream.connection.send(HTTP2RawFrame.headers(1, block).bytes)
            }
            try await upstream.head(length: 2)
            try await upstream.part("ok")
            try await upstream.end()
        }
        try await Gateway.serving([ForwardStage(upstream(service, versions.back))]) { gateway in
            let client = try await AnsweredClient.request(gateway, versions.front)
            let state = try await client.connection.received.wait(for: "both heads") { state in
                Self.heads(in: state.bytes, versions.front).count == 2
            }
            let heads = Self.heads(in: state.bytes, versions.front)
            #expect(heads.map(\.status) == ["103", "200"])
            #expect(heads[0].lines.contains("link: </a>"))
        }
        await service.stop()
    }

    private static func heads(in bytes: [UInt8], _ version: Versions.Version) -> [(status: String, lines: [String])] {
        switch version {
        case .http1:
            let texts = String(decoding: bytes, as: UTF8.self).split(separator: "HTTP/1.1 ")
            return texts.filter { $0.contains("\r\n\r\n") }.map { text in
                (String(text.prefix(3)), text.split(separator: "\r\n").map { $0.lowercased() })
            }
        case .http2:
            var machine = HTTP2Machine(fresh: .client)
            machine.send(machine.connection.openStream() ?? 1, .getRequest, ends: true)
            _ = machine.read(bytes)
            return machine.heads.map { (String($0[0].dropFirst(":status: ".count)), $0) }
        }
    }

    @Test func `a client that opens no window for its response is let go`() async throws {
        let journal = Journal()
        let service = try await ScriptedUpstream.answering { _ in .ok(String(repeating: "a", count: 100_000)) }
        try await Gateway.forwarding(
            to: service,
            after: [RecordingStage("a", journal)],
            limits: MessageLimits(idleTimeout: .seconds(1))
        ) { gateway in
            let client = try await gateway.connect()
            let frames: [HTTP2RawFrame] = [.settings((.initialWindowSize, 0)), .get(1)]
            try await client.send(.preface + frames.flatMap(\.bytes))
            #expect(try await journal.lines(3).last == "settle a clientLeft 200")
            try await client.received.wait(for: "the reset") { state in
                HTTP2RawFrame.all(in: state.bytes).contains { $0.kind == HTTP2FrameHeader.Kind.resetStream.rawValue }
            }
        }
    }
}
