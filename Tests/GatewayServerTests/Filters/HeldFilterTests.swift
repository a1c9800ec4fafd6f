import GatewayKit
import GatewayServer
import NIOCore
import Testing

/// Responses that a stage holds back before their filter sees anything of them.
struct HeldFilterTests {
    private static let parts = ["one ", "two ", "three"]

    /// What a connection of HTTP/1.1 has read meanwhile is handed on as one part; a stream of HTTP/2 keeps its parts.
    @Test(arguments: Versions.all)
    func `what came in the hold reaches the filter in order, and no part before it has answered to the last`(
        _ versions: Versions
    ) async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let filter = FilterStage(journal: journal, gate: gate) { _, part, call in call.soon(part) }
        let script: AnsweringUpstream.Script = { try await $0.whole(Self.parts) }
        try await Gateway.filtering(filter, versions.back, answering: script) { gateway, _ in
            let client = try await AnsweredClient.request(gateway, versions.front)
            _ = try await journal.lines(1)
            gate.update { $0 = true }
            let answer = try await client.whole()
            #expect(answer.body == "one two three")
            try await journal.wait(for: "the end") { $0.last == "settle answered 200" }
            let parts = versions.back == .http1 ? [Self.parts.joined()] : Self.parts
            #expect(
                journal.value == ["hold"] + parts.map { "part \($0)" } + [
                    "end", "filter answered 200", "settle answered 200",
                ]
            )
        }
    }

    @Test(arguments: Versions.Version.allCases)
    func `a client that leaves in the hold leaves a filter that was asked nothing`(
        _ version: Versions.Version
    ) async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let filter = FilterStage(journal: journal, gate: gate) { _, part, _ in .now(part) }
        let script: AnsweringUpstream.Script = { try await $0.whole(Self.parts) }
        try await Gateway.filtering(filter, version, answering: script) { gateway, _ in
            let client = try await AnsweredClient.request(gateway, .http1)
            _ = try await journal.lines(1)
            await client.connection.close()
            try await journal.wait(for: "the end") { $0.last?.hasPrefix("settle clientLeft") == true }
            gate.update { $0 = true }
            #expect(!journal.value.contains { $0.hasPrefix("part") || $0 == "end" })
        }
    }

    @Test(arguments: Versions.all)
    func `filters see a response one after the other, that of the stage nearest to the upstream first`(
        _ versions: Versions
    ) async throws {
        let journal = Journal()
        let far = FilterStage(journal: Journal()) { text, _, call in
            call.send("<")
            return call.soon(ByteBuffer(string: "\(text)>"))
        }
        let near = FilterStage(journal: journal, trailers: Self.sendsLast) { text, _, _ in
            .now(ByteBuffer(string: text.uppercased()))
        }
        let service = try await AnsweringUpstream.start(versions.back) { try await $0.whole(["one"]) }
        let upstream = Upstream(
            name: "scripted",
            host: "127.0.0.1",
            port: service.port,
            transport: versions.back == .http1 ? .http1 : .http2
        )
        try await Gateway.serving([far, near, ForwardStage(upstream)]) { gateway in
            let answer = try await AnsweredClient.request(gateway, versions.front).whole()
            #expect(answer.body == "<ONE><last>")
        }
        await service.stop()
        #expect(journal.value.contains("part one"))
    }

    @Test(arguments: Versions.all)
    func `an end that one filter wants waits for what the next one sends, also when the upstream has ended meanwhile`(
        _ versions: Versions
    ) async throws {
        let (journal, gate) = (Journal(), Watched(false))
        var far = FilterStage(journal: journal) { _, part, _ in .now(part) }
        far.trailers = { trailers, call in
            call.later(gate, trailers).map { trailers in
                call.send("last")
                return trailers
            }
        }
        let near = FilterStage(journal: Journal()) { text, _, call in
            call.outlet.end()
            return .now(ByteBuffer(string: text.uppercased()))
        }
        let service = try await AnsweringUpstream.start(versions.back) { try await $0.whole(["one"]) }
        let upstream = Upstream(
            name: "scripted",
            host: "127.0.0.1",
            port: service.port,
            transport: versions.back == .http1 ? .http1 : .http2
        )
        try await Gateway.serving([far, near, ForwardStage(upstream)]) { gateway in
            let client = try await AnsweredClient.request(gateway, versions.front)
            try await journal.wait(for: "the question about the end") { $0.contains("end") }
            gate.update { $0 = true }
            let answer = try await client.whole()
            #expect(answer.body == "ONElast")
        }
        await service.stop()
    }

    @Sendable private static func sendsLast(_ trailers: Fields, _ call: FilterCall) -> Eventually<Fields> {
        call.send("last")
        return .now(trailers)
    }
}
