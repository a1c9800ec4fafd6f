import GatewayKit
import NIOConcurrencyHelpers
import Testing

struct BatchQueueTests {
    private typealias Reply = @Sendable (Result<[Int], any Error>) -> Void

    /// Transactions that begin when they are asked for and end when a test says so.
    private final class Script: Sendable {
        private let begun = NIOLockedValueBox<[(items: [Int], reply: Reply)]>([])
        private let told = NIOLockedValueBox<[Int?]>([])

        /// What was answered, in its order; `nil` for a failure.
        var answers: [Int?] { told.withLockedValue { $0 } }

        func begin(_ items: [Int], _ reply: @escaping Reply) {
            begun.withLockedValue { $0.append((items, reply)) }
        }

        func note(_ answer: Result<Int, any Error>) {
            told.withLockedValue { $0.append(try? answer.get()) }
        }

        /// Ends them one after the other.
        ///
        /// - Returns: what was in each.
        func run(_ answer: ([Int]) -> Result<[Int], any Error>) -> [[Int]] {
            var batches = [[Int]]()
            while let (items, reply) = begun.withLockedValue({ $0.popLast() }) {
                batches.append(items)
                reply(answer(items))
            }
            return batches
        }
    }

    private func asked(_ count: Int, _ script: Script) {
        let queue = BatchQueue<Int, Int>(largestBatch: 3, begin: { script.begin($0, $1) })
        for item in 1...count {
            queue.ask(item) { script.note($0) }
        }
    }

    @Test func `what comes while a transaction runs is the next one, all together`() {
        let script = Script()
        asked(6, script)
        let batches = script.run { items in .success(items.map { $0 * 10 }) }
        #expect(batches == [[1], [2, 3, 4], [5, 6]])
        #expect(script.answers == [10, 20, 30, 40, 50, 60])
    }

    @Test func `each caller hears of a transaction that failed, and the next one begins`() {
        let script = Script()
        asked(4, script)
        let batches = script.run { $0 == [1] ? .failure(StoreFailure("down")) : .success($0) }
        #expect(batches == [[1], [2, 3, 4]])
        #expect(script.answers == [nil, 2, 3, 4])
    }

    @Test func `a store that leaves questions unanswered has failed`() {
        let script = Script()
        asked(1, script)
        _ = script.run { _ in .success([]) }
        #expect(script.answers == [nil])
    }

    @Test func `a task waits for its answer`() async throws {
        let queue = BatchQueue<Int, Int> { items in items.map { $0 * 10 } }
        let answer = try await queue.answer(to: 4)
        #expect(answer == 40)
    }
}
