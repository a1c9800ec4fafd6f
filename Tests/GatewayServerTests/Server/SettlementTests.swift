import GatewayKit
import GatewayServer
import HTTPTypes
import Testing

/// Every stage that admitted learns how the exchange ended: once, in reverse order, whatever happens.
struct SettlementTests {
    private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `an answered exchange settles every stage`() async throws {
        let journal = Journal()
        let service = try await ScriptedUpstream.answering { _ in .ok() }
        let stages = ["a", "b"].map { RecordingStage($0, journal) }
        try await Gateway.forwarding(to: service, after: stages) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            _ = try await client.response()
            #expect(
                try await journal.lines(6) == [
                    "admit a", "admit b", "adjust b 200", "adjust a 200", "settle b answered 200",
                    "settle a answered 200",
                ]
            )
        }
        #expect(journal.value.count == 6)
    }

    @Test func `what a later stage refuses settles those before`() async throws {
        let journal = Journal()
        let stages: [any Stage] = [
            RecordingStage("a", journal), ClosureStage(journal) { _ in throw Reply(.forbidden, detail: "no") },
        ]
        try await Gateway.serving(stages) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            _ = try await client.response()
            #expect(try await journal.lines(3) == ["admit a", "adjust a 403", "settle a replied 403"])
        }
        #expect(journal.value.count == 3)
    }

    @Test func `the outcome has the bytes of both bodies`() async throws {
        let bytes = Watched<[UInt64]>([])
        let service = try await ScriptedUpstream.answering { _ in .ok("response") }
        try await Gateway.forwarding(to: service, after: [ByteStage(bytes: bytes)]) { gateway in
            let client = try await gateway.connect()
            try await client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
            )
            _ = try await client.response()
            #expect(try await bytes.wait(for: "a settlement") { !$0.isEmpty } == [5, 8])
        }
    }

    @Test(arguments: [false, true])
    func `a client that leaves in the response settles once`(_ resets: Bool) async throws {
        let journal = Journal()
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        }
        try await Gateway.forwarding(to: service, after: [RecordingStage("a", journal)]) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            try await client.received.wait(for: "half the response") { $0.bytes.suffix(5) == Array("hello".utf8)[...] }
            if resets { try await client.reset() } else { await client.close() }
            #expect(try await journal.lines(3).last == "settle a clientLeft 200")
            try await service.connection(0).received.wait(for: "the gateway to let go") { $0.isEnded }
        }
        #expect(journal.value.count == 3)
    }

    @Test func `a client that leaves before the response settles once`() async throws {
        let journal = Journal()
        let service = try await ScriptedUpstream.start { _ in }
        try await Gateway.forwarding(to: service, after: [RecordingStage("a", journal)]) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            let connection = try await service.connection(0)
            try await connection.received.wait(for: "the request") { $0.count > 20 }
            await client.close()
            #expect(try await journal.lines(2) == ["admit a", "settle a clientLeft -"])
            try await connection.received.wait(for: "the gateway to let go") { $0.isEnded }
        }
    }

    @Test func `a client that leaves while a stage decides settles when it has decided`() async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let stages: [any Stage] = [
            RecordingStage("a", journal), LaterStage(journal: journal, gate: gate), RecordingStage("late", journal),
            ReplyStage(),
        ]
        try await Gateway.serving(stages) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            _ = try await journal.lines(2)
            await client.close()
            try await gateway.connections(become: 0)
            #expect(journal.value == ["admit a", "asked"])
            gate.update { $0 = true }
            #expect(
                try await journal.lines(4) == ["admit a", "asked", "settle clientLeft -", "settle a clientLeft -"]
            )
        }
        #expect(journal.value.count == 4)
    }

    @Test func `a stage that decides learns at once that nobody waits for it any more`() async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let stage = ClosureStage(journal) { exchange in
            journal.note("asked")
            exchange.whenAbandoned = { journal.note("left") }
            return exchange.later {
                try await gate.wait(for: "the gate") { $0 }
                return Decision.next
            }
        }
        try await Gateway.serving([stage, ReplyStage()]) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            _ = try await journal.lines(1)
            await client.close()
            #expect(try await journal.lines(2) == ["asked", "left"])
            gate.update { $0 = true }
            #expect(try await journal.lines(3) == ["asked", "left", "settle clientLeft -"])
        }
    }

    @Test func `a client that leaves while a stage refuses settles those before`() async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let refusing = LaterStage(journal: journal, gate: gate, decision: .reply(Reply(.forbidden)))
        try await Gateway.serving([RecordingStage("a", journal), refusing]) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            _ = try await journal.lines(2)
            await client.close()
            try await gateway.connections(become: 0)
            gate.update { $0 = true }
            #expect(try await journal.lines(3) == ["admit a", "asked", "settle a clientLeft -"])
        }
        #expect(journal.value.count == 3)
    }

    @Test func `a client that leaves while its body is collected settles once`() async throws {
        let journal = Journal()
        try await Gateway.serving([RecordingStage("a", journal), BodyStage(), ReplyStage()]) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
            _ = try await journal.lines(1)
            await client.close()
            #expect(try await journal.lines(2) == ["admit a", "settle a clientLeft -"])
        }
        #expect(journal.value.count == 2)
    }

    @Test func `pipelined requests settle each`() async throws {
        let journal = Journal()
        try await Gateway.serving([RecordingStage("a", journal), ReplyStage()]) { gateway in
            let client = try await gateway.connect()
            try await client.send(String(repeating: get, count: 20))
            for _ in 1...20 {
                _ = try await client.response()
            }
            #expect(try await journal.lines(60).count { $0 == "settle a replied 200" } == 20)
        }
        #expect(journal.value.count == 60)
    }
}

private struct ByteStage: Stage {
    let bytes: Watched<[UInt64]>

    func admit(_ exchange: Exchange) -> Eventually<Decision> { .now(.next) }
    func settle(_ exchange: Exchange, as outcome: Outcome) {
        bytes.update { $0 = [outcome.requestBytes, outcome.responseBytes] }
    }
}
