import GatewayKit
import GatewayTesting
import MPP
import NIOCore
import NIOEmbedded
import Testing

/// Metered streams of events that end in the middle of what they do: at a send of their own, and with their session.
struct MeteredEndTests {
    private static func events(_ numbers: ClosedRange<Int>) -> String {
        numbers.map { "data: \($0)\n\n" }.joined()
    }

    private static let shortage = "event: payment-need-topup\ndata: {2 spent, 2 required}\n\n"

    // MARK: In a send

    @Test func `nothing follows an event at which the client left, and what is left goes back`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 10))
        try await stream.leave(inSend: 2)
        try await stream.part(Self.events(1...4))
        try await stream.account("the end of the stream") { $0.streams == 0 }
        let seen = try await stream.seen
        #expect(seen.text == Self.events(1...2))
        #expect(seen.end == nil)
        #expect(seen.answers == 1, "promises are kept")
        #expect(stream.account.journal == ["debit 3", "return 2"])
    }

    @Test func `a client that leaves at the receipt gets no last event`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 10))
        try await stream.leave(inSend: 3)
        try await stream.part(Self.events(1...2) + "data: [DONE]\n\n")
        try await stream.account("the end of the stream") { $0.streams == 0 }
        let receipt = "event: payment-receipt\ndata: {4 sat, 2 units}\n\n"
        #expect(try await stream.seen.text == Self.events(1...2) + receipt)
        #expect(stream.account.spentUnits == 2)
    }

    @Test func `a client that leaves at the receipt of a stream's end is told nothing more`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 10))
        try await stream.part(Self.events(1...1))
        try await stream.leave(inSend: 1)
        try await stream.upstreamEnds()
        try await stream.account("the end of the stream") { $0.streams == 0 }
        let receipt = "event: payment-receipt\ndata: {2 sat, 1 units}\n\n"
        #expect(try await stream.see("the answer that is owed") { $0.hasEnded }.text == Self.events(1...1) + receipt)
    }

    @Test func `a client that leaves when it is told of the shortage is not waited for`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1))
        try await stream.leave(inSend: 2)
        try await stream.part(Self.events(1...2))
        try await stream.account("the end of the stream") { $0.streams == 0 }
        await stream.pass(.seconds(120))
        #expect(try await stream.seen.text == Self.events(1...1) + Self.shortage)
        #expect(stream.account.journal == ["no 1"])
    }

    @Test func `a client that leaves at a comment of a hold is sent no other`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1))
        try await stream.part(Self.events(1...2))
        try await stream.see("the shortage") { $0.text.hasSuffix(Self.shortage) }
        try await stream.leave(inSend: 1)
        await stream.pass(.seconds(15))
        try await stream.account("the end of the stream") { $0.streams == 0 }
        await stream.pass(.seconds(120))
        #expect(try await stream.seen.text == Self.events(1...1) + Self.shortage + ": \n\n")
        #expect(!stream.account.journal.contains("end"))
    }

    @Test func `a client that leaves when it is told that the time is over leaves no session behind`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1), patience: .init(topUp: .seconds(10)))
        try await stream.part(Self.events(1...2))
        try await stream.see("the shortage") { $0.text.hasSuffix(Self.shortage) }
        try await stream.leave(inSend: 1)
        await stream.pass(.seconds(10))
        try await stream.account("the end of the session") { $0.journal.last == "end" }
        #expect(stream.account.now.streams == 0)
        #expect(try await stream.seen.end == nil)
    }

    // MARK: With its session

    @Test func `what a stream has paid ahead comes back when its session ends, and then it ends`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1_000))
        for number in 1...10 {
            try await stream.part(Self.events(number...number))
            try await stream.see("event \(number)") { $0.answers == number }
        }
        #expect(stream.account.spentUnits > 10)
        stream.account.askBack()
        try await stream.account("what was paid ahead") { $0.journal.last == "back" }
        #expect(stream.account.spentUnits == 10)
        stream.account.close()
        try await stream.part(Self.events(11...11))
        let seen = try await stream.see("the end") { $0.end == .whole }
        #expect(seen.text == Self.events(1...10) + "event: payment-receipt\ndata: {20 sat, 10 units}\n\n")
    }

    @Test func `what is being paid for when the session ends goes out, and the rest comes back`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 10))
        stream.account.stall()
        try await stream.part(Self.events(1...4))
        stream.account.askBack()
        for _ in 0..<50 { await stream.loop.run() }
        #expect(stream.account.journal.isEmpty)
        stream.account.stall(false)
        try await stream.account("what was paid ahead") { $0.journal.last == "back" }
        #expect(try await stream.seen.text == Self.events(1...4))
        #expect(stream.account.journal == ["debit 3", "back"])
    }

    @Test func `a stream that is over gives back once, whoever asks`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 10))
        stream.account.stall()
        try await stream.part(Self.events(1...4))
        try await stream.settle(.clientLeft)
        stream.account.askBack()
        stream.account.stall(false)
        try await stream.account("what was paid ahead") { $0.journal.last == "back" }
        stream.account.askBack()
        try await stream.account("nothing more") { $0.journal.suffix(2) == ["back", "back"] }
        #expect(stream.account.journal == ["debit 3", "return 3", "back", "back"])
    }

    @Test func `a held stream has nothing to give back, and ends with its session`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1))
        try await stream.part(Self.events(1...2))
        try await stream.see("the shortage") { $0.text.hasSuffix(Self.shortage) }
        stream.account.askBack()
        try await stream.account("nothing to come back") { $0.journal == ["no 1", "back"] }
        stream.account.close()
        try await stream.see("the end") { $0.end == .whole }
        #expect(stream.account.spentUnits == 1)
    }
}
