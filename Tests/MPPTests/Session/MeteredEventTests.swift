import GatewayKit
import GatewayTesting
import MPP
import NIOCore
import NIOEmbedded
import Testing

/// Streams of events that are paid for by the event.
struct MeteredEventTests {
    private static let done = "data: [DONE]\n\n"

    private static func receipt(_ satoshis: Int, _ units: Int) -> String {
        "event: payment-receipt\ndata: {\(satoshis) sat, \(units) units}\n\n"
    }

    private static func shortage(_ spent: Int, _ required: Int, _ event: String = "payment-need-topup") -> String {
        "event: \(event)\ndata: {\(spent) spent, \(required) required}\n\n"
    }

    private static func events(_ numbers: ClosedRange<Int>) -> String {
        numbers.map { "data: \($0)\n\n" }.joined()
    }

    @Test func `the first event is paid for already, each further one is before it goes out`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 10))
        try await stream.part(Self.events(1...1))
        #expect(try await stream.seen.text == Self.events(1...1))
        #expect(stream.account.journal.isEmpty)
        try await stream.part(Self.events(2...4))
        #expect(try await stream.see("all events") { $0.answers == 2 }.text == Self.events(1...4))
        #expect(stream.account.journal == ["debit 3"])
        try await stream.part(Self.done)
        try await stream.upstreamEnds()
        let seen = try await stream.see("the end") { $0.hasEnded }
        #expect(seen.text == Self.events(1...4) + Self.receipt(8, 4) + Self.done)
        try await stream.settle()
        try await stream.account("the end of the stream") { $0.streams == 0 }
        #expect(stream.account.journal == ["debit 3"])
    }

    @Test func `parts that come on each other's answers are all answered`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 100))
        try await stream.whole((1...40).map { Self.events($0...$0) })
        let seen = try await stream.see("the end") { $0.hasEnded }
        #expect(seen.text == Self.events(1...40) + Self.receipt(80, 40))
        #expect(stream.account.spentUnits == 40)
    }

    @Test func `comments, empty events and the last one cost nothing`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1))
        let text = ": hello\n\n\nid: 1\n\ndata: 1\n\n: ping\n\n" + Self.done
        try await stream.part(text)
        let seen = try await stream.see("the receipt") { $0.text.contains("receipt") }
        #expect(seen.text == text.dropLast(Self.done.count) + Self.receipt(2, 1) + Self.done)
        #expect(stream.account.journal.isEmpty)
    }

    @Test func `without a last event the receipt comes at the end`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 10))
        try await stream.part("data: 1\n\ndata: 2\n\ndata: cut o")
        try await stream.upstreamEnds()
        let seen = try await stream.see("the end") { $0.hasEnded }
        #expect(seen.text == Self.events(1...2) + Self.receipt(6, 3) + "data: cut o")
        #expect(stream.account.spentUnits == 3)
    }

    @Test func `a stream without events ends with its receipt`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 10))
        try await stream.upstreamEnds()
        #expect(try await stream.see("the end") { $0.hasEnded }.text == Self.receipt(2, 0))
    }

    @Test func `an exhausted stream is held until a top-up`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 2))
        try await stream.part(Self.events(1...4))
        let shortage = Self.shortage(4, 2)
        try await stream.see("the shortage") { $0.text == Self.events(1...2) + shortage }
        #expect(try await stream.seen.answers == 0)
        await stream.pass(.seconds(15))
        await stream.pass(.seconds(15))
        let comments = ": \n\n: \n\n"
        try await stream.see("comments") { $0.text.hasSuffix(comments) }
        stream.account.topUp(5)
        let seen = try await stream.see("all events") { $0.answers == 1 }
        #expect(seen.text == Self.events(1...2) + shortage + comments + Self.events(3...4))
        #expect(stream.account.spentUnits == 4)
        // The hold is over, and its end with it.
        await stream.pass(.seconds(120))
        #expect(try await stream.seen.end == nil)
    }

    @Test func `a top-up that is too little is told again`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1))
        try await stream.part(Self.events(1...3))
        try await stream.see("the shortage") { $0.text.hasSuffix(Self.shortage(2, 2)) }
        stream.account.topUp(1)
        try await stream.see("the second shortage") { $0.text.hasSuffix(Self.events(2...2) + Self.shortage(4, 2)) }
        stream.account.topUp(1)
        try await stream.see("the third event") { $0.text.hasSuffix(Self.events(3...3)) }
    }

    @Test func `nobody tops up, and the stream ends with its session`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1), patience: .init(topUp: .seconds(60)))
        try await stream.part(Self.events(1...2))
        try await stream.see("the shortage") { $0.text.hasSuffix(Self.shortage(2, 2)) }
        await stream.pass(.seconds(59))
        #expect(try await stream.seen.end == nil)
        await stream.pass(.seconds(1))
        let seen = try await stream.see("the end") { $0.end == .whole }
        #expect(seen.text.hasSuffix(Self.shortage(2, 2, "session-timeout")))
        #expect(!seen.text.contains("data: 2\n"))
        try await stream.settle()
        try await stream.account("the end of the session") { $0.journal.last == "end" }
        #expect(stream.account.now.streams == 0)
    }

    @Test func `a client that leaves in a hold gets nothing back that was delivered`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 3))
        try await stream.part(Self.events(1...4))
        try await stream.see("the shortage") { $0.text.contains("topup") }
        try await stream.settle(.clientLeft)
        try await stream.account("the end of the stream") { $0.streams == 0 }
        #expect(stream.account.spentUnits == 3)
        #expect(!stream.account.journal.contains { $0.hasPrefix("return") || $0 == "end" })
        // Its part is answered, since promises are kept.
        #expect(try await stream.seen.answers == 1)
    }

    @Test func `what was paid ahead comes back before the receipt`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1_000))
        for number in 1...20 {
            try await stream.part(Self.events(number...number))
            try await stream.see("event \(number)") { $0.answers == number }
        }
        #expect(stream.account.journal.count < 8)
        #expect(stream.account.spentUnits > 20)
        try await stream.part(Self.done)
        let seen = try await stream.see("the receipt") { $0.answers == 21 }
        #expect(seen.text == Self.events(1...20) + Self.receipt(40, 20) + Self.done)
        #expect(stream.account.spentUnits == 20)
    }

    @Test func `a client that leaves gets back what was paid ahead`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1_000))
        for number in 1...10 {
            try await stream.part(Self.events(number...number))
            try await stream.see("event \(number)") { $0.answers == number }
        }
        #expect(stream.account.spentUnits > 10)
        try await stream.settle(.clientLeft)
        try await stream.account("the end of the stream") { $0.streams == 0 }
        #expect(stream.account.spentUnits == 10)
    }

    @Test func `a client that leaves while the account is asked gets back what was taken for nobody`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 10))
        stream.account.stall()
        try await stream.part(Self.events(1...4))
        try await stream.settle(.clientLeft)
        stream.account.stall(false)
        try await stream.account("the end of the stream") { $0.streams == 0 }
        #expect(stream.account.journal == ["debit 3", "return 3"])
        #expect(try await stream.seen.text == Self.events(1...1))
    }

    @Test func `a session that somebody ends gets its receipt`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 2))
        try await stream.part(Self.events(1...3))
        try await stream.see("the shortage") { $0.text.contains("topup") }
        stream.account.close()
        let seen = try await stream.see("the end") { $0.end == .whole }
        #expect(seen.text.hasSuffix(Self.receipt(4, 2)))
    }

    @Test func `nothing goes out while the store does not answer`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 10))
        stream.account.fail()
        try await stream.part(Self.events(1...2))
        let seen = try await stream.see("the cut") { $0.end == .cut }
        #expect(seen.text == Self.events(1...1))
    }

    @Test func `a store that fails in a hold is asked again`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1))
        try await stream.part(Self.events(1...2))
        try await stream.see("the shortage") { $0.text.contains("topup") }
        stream.account.fail()
        try await stream.account("the failure") { $0.unseenChanges > 0 }
        stream.account.fail(false)
        stream.account.topUp(1)
        // A second after the stream has heard of the failure, which it may not have yet.
        for _ in 0..<20 where try await !stream.seen.text.hasSuffix(Self.events(2...2)) {
            for _ in 0..<200 { await stream.loop.run() }
            await stream.pass(.seconds(2))
        }
        try await stream.see("the second event") { $0.text.hasSuffix(Self.events(2...2)) }
    }

    @Test func `an event that is too long for the splitter is one event`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 2))
        let long = "data: " + String(repeating: "x", count: 200_000)
        try await stream.part(Self.events(1...1) + String(long.prefix(100_000)))
        try await stream.see("the first piece") { $0.answers == 1 }
        try await stream.part(long.dropFirst(100_000) + "\n\n" + Self.events(3...3))
        let seen = try await stream.see("the shortage") { $0.text.contains("topup") }
        #expect(seen.text == Self.events(1...1) + long + "\n\n" + Self.shortage(4, 2))
    }

    @Test func `an event of our own does not fall into one that has begun`() async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 1))
        let comment = ": " + String(repeating: "x", count: 70_000)
        try await stream.part(Self.events(1...1) + comment)
        try await stream.part("\ndata: 2\n\n")
        let seen = try await stream.see("the shortage") { $0.text.contains("topup") }
        #expect(seen.text == Self.events(1...1) + comment + "\n\n" + Self.shortage(2, 2))
    }

    @Test(arguments: 1...12)
    func `it does not matter where the stream is cut`(_ size: Int) async throws {
        let stream = try await MeteredStream(ScriptedAccount(deposit: 100))
        let text = "data: 1\r\n\r\n: c\n\ndata: 2\r\rid: 3\ndata: 3\n\n" + Self.done
        var rest = Array(text.utf8)[...]
        var parts = 0
        while !rest.isEmpty {
            try await stream.part(String(decoding: rest.prefix(size), as: UTF8.self))
            rest = rest.dropFirst(size)
            parts += 1
            let count = parts
            try await stream.see("part \(parts)") { $0.answers == count }
        }
        try await stream.upstreamEnds()
        let seen = try await stream.see("the end") { $0.hasEnded }
        #expect(seen.text == text.dropLast(Self.done.count) + Self.receipt(6, 3) + Self.done)
    }
}
