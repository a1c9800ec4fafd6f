import GatewayKit
import HTTPTypes
import NIOCore
import Testing

/// A response that a stage has held back.
struct HeldResponseTests {
    /// Holds the first response of each exchange until a test has said what becomes of it.
    private struct HoldingStage: Stage {
        struct Held: Sendable {
            let promise: EventLoopPromise<Void>
        }

        let held = Watched<[Held]>([])
        let journal = Journal()

        func admit(_ exchange: Exchange) -> Eventually<Decision> { .now(.next) }

        func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
            guard exchange[Held.self] == nil else { return }
            let held = Held(promise: exchange.eventLoop.makePromise())
            exchange[Held.self] = held
            exchange.holdResponse(until: .later(held.promise.futureResult))
            self.held.update { $0.append(held) }
        }

        func settle(_ exchange: Exchange, as outcome: Outcome) { journal.note("settle \(outcome.line)") }

        func held(_ index: Int) async throws -> EventLoopPromise<Void> {
            try await held.wait(for: "response \(index) to be held") { $0.count > index }[index].promise
        }
    }

    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(arguments: [0, 2, 300_000]) func `of an upstream goes out whole once it may, and nothing of it before`(
        length: Int
    )
        async throws
    {
        let body = String(repeating: "x", count: length)
        let service = try await ScriptedUpstream.answering { _ in .ok(body) }
        let stage = HoldingStage()
        try await Gateway.forwarding(to: service, after: [stage]) { gateway in
            let client = try await gateway.connect()
            for index in 0..<2 {
                let before = client.received.value.count
                try await client.send(Self.request)
                let promise = try await stage.held(index)
                #expect(client.received.value.count == before)
                promise.succeed()
                let response = try await client.response()
                #expect(response.status == 200)
                #expect(response.body.count == length)
            }
        }
    }

    @Test func `of the gateway goes out once it may`() async throws {
        let stage = HoldingStage()
        try await Gateway.serving([stage, ReplyStage()]) { gateway in
            let client = try await gateway.connect()
            try await client.send(Self.request)
            try await stage.held(0).succeed()
            #expect(try await client.response().status == 200)
            #expect(try await stage.journal.lines(1) == ["settle replied 200"])
        }
    }

    @Test func `that may not go out is replaced, and the connection goes on`() async throws {
        let service = try await ScriptedUpstream.answering { _ in .ok("secret") }
        let stage = HoldingStage()
        try await Gateway.forwarding(to: service, after: [stage]) { gateway in
            let client = try await gateway.connect()
            for (index, error) in [Reply(.conflict, detail: "no") as any Error, Unknown()].enumerated() {
                try await client.send(Self.request)
                try await stage.held(index).fail(error)
                let response = try await client.response()
                #expect(response.status == (index == 0 ? 409 : 500))
                #expect(!response.text.contains("secret"))
            }
            #expect(try await stage.journal.lines(2) == ["settle replied 409", "settle replied 500"])
        }
    }

    @Test func `of a client that leaves goes nowhere`() async throws {
        let service = try await ScriptedUpstream.answering { _ in .ok() }
        let stage = HoldingStage()
        try await Gateway.forwarding(to: service, after: [stage]) { gateway in
            let client = try await gateway.connect()
            try await client.send(Self.request)
            let promise = try await stage.held(0)
            await client.close()
            #expect(try await stage.journal.lines(1)[0].hasPrefix("settle clientLeft"))
            promise.succeed()
        }
    }

    @Test func `whose upstream fails meanwhile is not begun`() async throws {
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            await connection.close()
        }
        let stage = HoldingStage()
        try await Gateway.forwarding(to: service, after: [stage]) { gateway in
            let client = try await gateway.connect()
            try await client.send(Self.request)
            // Whether it is noticed before or after that.
            try await stage.held(0).succeed()
            let text = try await client.end().lowercased()
            #expect(!text.hasSuffix("half") || text.contains("content-length: 10"))
            #expect(try await stage.journal.lines(1)[0].hasPrefix("settle upstreamFailed"))
        }
    }
}

private struct Unknown: Error {}
