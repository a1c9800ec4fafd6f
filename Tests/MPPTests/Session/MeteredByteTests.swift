import GatewayKit
import GatewayTesting
import MPP
import NIOCore
import Testing

/// Responses that are paid for by so many bytes.
struct MeteredByteTests {
    private static let meter = SessionMeter.bytes(ByteCount(10))

    private func stream(deposit: Int64, isEventStream: Bool = false) async throws -> MeteredStream {
        try await MeteredStream(ScriptedAccount(deposit: deposit), by: Self.meter, isEventStream: isEventStream)
    }

    @Test func `what a unit covers passes as it comes`() async throws {
        let stream = try await stream(deposit: 10)
        try await stream.part("12345")
        try await stream.part("67890")
        #expect(try await stream.seen.answers == 2)
        #expect(stream.account.journal.isEmpty)
        try await stream.part("x")
        try await stream.see("the third part") { $0.answers == 3 }
        #expect(stream.account.journal == ["debit 1"])
        try await stream.upstreamEnds()
        #expect(try await stream.see("the end") { $0.hasEnded }.text == "1234567890x")
        #expect(stream.account.spentUnits == 2)
    }

    @Test func `a part pays for all of itself at once`() async throws {
        let stream = try await stream(deposit: 10)
        let text = String(repeating: "x", count: 95)
        try await stream.part(text)
        #expect(try await stream.see("the part") { $0.answers == 1 }.text == text)
        #expect(stream.account.journal == ["debit 9"])
    }

    @Test func `what is paid for goes out before the cut`() async throws {
        let stream = try await stream(deposit: 3)
        try await stream.part("12345")
        try await stream.part(String(repeating: "x", count: 95))
        let seen = try await stream.see("the cut") { $0.end == .cut }
        #expect(seen.text == "12345" + String(repeating: "x", count: 25))
        #expect(stream.account.spentUnits == 3)
        try await stream.settle(.cut)
        try await stream.account("the end of the stream") { $0.streams == 0 }
        #expect(stream.account.spentUnits == 3)
    }

    @Test func `a session that has ended cuts as well`() async throws {
        let stream = try await stream(deposit: 3)
        stream.account.close()
        try await stream.part(String(repeating: "x", count: 12))
        let seen = try await stream.see("the cut") { $0.end == .cut }
        #expect(seen.text == String(repeating: "x", count: 10))
    }

    @Test func `events are held at their boundaries`() async throws {
        let stream = try await stream(deposit: 2, isEventStream: true)
        // 9 bytes each.
        try await stream.part("data: 1\n\ndata: 2\n\ndata: 3\n\ndata: [DONE]\n\n")
        let shortage = "event: payment-need-topup\ndata: {4 spent, 2 required}\n\n"
        let held = try await stream.see("the shortage") { $0.text.contains("topup") }
        #expect(held.text == "data: 1\n\ndata: 2\n\n" + shortage)
        stream.account.topUp(1)
        let seen = try await stream.see("the rest") { $0.answers == 1 }
        let receipt = "event: payment-receipt\ndata: {6 sat, 3 units}\n\n"
        #expect(seen.text == held.text + "data: 3\n\n" + receipt + "data: [DONE]\n\n")
    }

    @Test func `whole units that nobody needs come back`() async throws {
        let stream = try await stream(deposit: 1_000)
        for number in 1...30 {
            try await stream.part("1234567890")
            try await stream.see("part \(number)") { $0.answers == number }
        }
        #expect(stream.account.spentUnits > 30)
        try await stream.upstreamEnds()
        try await stream.see("the end") { $0.hasEnded }
        #expect(stream.account.spentUnits == 30)
        #expect(stream.account.journal.count < 10)
    }
}
