internal import NIOConcurrencyHelpers

/// Has many callers share the transactions of a store: what comes while one runs is the next one, all together. May be used
/// from any task.
package final class BatchQueue<Item: Sendable, Answer: Sendable>: Sendable {
    private struct Entry {
        let item: Item
        let continuation: CheckedContinuation<Answer, any Error>
    }

    private struct State {
        var waiting = [Entry]()
        var isRunning = false
    }

    private let state = NIOLockedValueBox(State())
    private let largestBatch: Int
    private let perform: @Sendable ([Item]) async throws -> [Answer]

    /// - Parameters:
    ///   - largestBatch: items of one transaction.
    ///   - perform: one transaction; an answer for each item, in their order.
    package init(
        largestBatch: Int = 256,
        perform: @escaping @Sendable ([Item]) async throws -> [Answer]
    ) {
        self.largestBatch = largestBatch
        self.perform = perform
    }

    /// On disk when it returns. Goes on when its task is cancelled: what became of it is known afterwards.
    package func answer(to item: Item) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = state.withLockedValue { state in
                state.waiting.append(Entry(item: item, continuation: continuation))
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if isFirst {
                Task { await run() }
            }
        }
    }

    private func run() async {
        while true {
            let batch = state.withLockedValue { state in
                let batch = Array(state.waiting.prefix(largestBatch))
                state.waiting.removeFirst(batch.count)
                state.isRunning = !batch.isEmpty
                return batch
            }
            guard !batch.isEmpty else { return }
            do {
                let answers = try await perform(batch.map(\.item))
                guard answers.count == batch.count else { throw StoreFailure("the store left questions unanswered") }
                for (entry, answer) in zip(batch, answers) {
                    entry.continuation.resume(returning: answer)
                }
            } catch {
                for entry in batch {
                    entry.continuation.resume(throwing: error)
                }
            }
        }
    }
}
