import GatewayKit
import GatewayTesting
import HTTPTypes
import Logging
import MPP
import NIOCore
import Stores
import Testing

/// How much is kept of answers that may be asked for again.
struct KeptAnswerTests {
    private let now = WallTime(seconds: 1_000)

    private func answer(_ count: Int) -> AnswerShelf.Answer {
        AnswerShelf.Answer(status: .ok, fields: Fields(), body: ByteBuffer(repeating: 0x78, count: count))
    }

    private func reservation(_ number: UInt8, until end: Int64 = 2_000) -> AnswerReservation {
        let bytes = Bytes32([UInt8](repeating: number, count: 32)) ?? .zero
        return AnswerReservation(
            IdempotencyKey(credential: bytes),
            of: .example(.get, "/"),
            until: WallTime(seconds: end)
        )
    }

    private func isKept(_ name: String, _ number: UInt8, on shelf: AnswerShelf) -> Bool {
        guard case .answer = shelf.find(name, reservation(number), at: now) else { return false }
        return true
    }

    @Test func `the oldest answers give way when the room is used up`() {
        let shelf = AnswerShelf(room: ByteCount(100))
        for (number, name) in ["a", "b", "c"].enumerated() {
            guard case .reserved = shelf.find(name, reservation(UInt8(number)), at: now) else {
                Issue.record("\(name) was there already")
                return
            }
            shelf.keep(answer(40), for: name, at: now)
        }
        #expect(isKept("b", 1, on: shelf))
        #expect(isKept("c", 2, on: shelf))
        #expect(!isKept("a", 0, on: shelf))
    }

    @Test func `an answer that is longer than all of the room is not kept`() {
        let shelf = AnswerShelf(room: ByteCount(100))
        _ = shelf.find("a", reservation(0), at: now)
        shelf.keep(answer(101), for: "a", at: now)
        #expect(!isKept("a", 0, on: shelf))
    }

    @Test func `room is free again when an answer is taken away`() {
        let shelf = AnswerShelf(room: ByteCount(100))
        for (number, name) in ["a", "b"].enumerated() {
            _ = shelf.find(name, reservation(UInt8(number)), at: now)
            shelf.keep(answer(50), for: name, at: now)
        }
        shelf.drop("b")
        _ = shelf.find("c", reservation(2), at: now)
        shelf.keep(answer(50), for: "c", at: now)
        #expect(isKept("a", 0, on: shelf))
    }

    @Test func `what is asked for again and again and dropped pushes no answer out`() {
        let shelf = AnswerShelf()
        _ = shelf.find("a", reservation(0), at: now)
        shelf.keep(answer(1), for: "a", at: now)
        let refused = reservation(1)
        // More often than the shelf has places, and than it looks for some that are gone.
        for _ in 0..<40_000 {
            _ = shelf.find("b", refused, at: now)
            shelf.drop("b")
        }
        #expect(isKept("a", 0, on: shelf))
    }

    @Test func `what is being written down has the same room, and gives it back`() {
        let shelf = AnswerShelf(room: ByteCount(100))
        let head = ResponseHead(status: .ok)
        var first: AnswerRecording? = AnswerRecording(head, limit: ByteCount(1_000), on: shelf)
        let second = AnswerRecording(head, limit: ByteCount(1_000), on: shelf)
        first?.passed(ByteBuffer(repeating: 0, count: 60))
        second.passed(ByteBuffer(repeating: 0, count: 60))
        #expect(first?.answer?.body.readableBytes == 60)
        #expect(second.answer == nil)
        first = nil
        let third = AnswerRecording(head, limit: ByteCount(1_000), on: shelf)
        third.passed(ByteBuffer(repeating: 0, count: 100))
        #expect(third.answer?.body.readableBytes == 100)
    }

    @Test func `the store keeps no more than there is room for, also of what an earlier process left`() async throws {
        let store = MemoryStore()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        for (number, name) in ["a", "b"].enumerated() {
            // Each by a process of its own.
            let archive = AnswerArchive(room: ByteCount(100))
            let kept = KeptAnswer(answer(40), for: reservation(UInt8(number), until: 2_000 + Int64(number)))
            await archive.keep(kept, to: name, at: now, in: store, logger: logger)
        }
        let archive = AnswerArchive(room: ByteCount(100))
        let kept = KeptAnswer(answer(40), for: reservation(2, until: 2_002))
        await archive.keep(kept, to: "c", at: now, in: store, logger: logger)
        var found = [String]()
        for name in ["a", "b", "c"] where try await archive.answer(to: name, at: now, in: store) != nil {
            found.append(name)
        }
        #expect(found == ["b", "c"])
        #expect(try await store.values(withPrefix: "mpp/answer").count == 4, "an answer and its end, each")
    }
}
