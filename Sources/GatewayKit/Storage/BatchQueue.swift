internal import NIOConcurrencyHelpers

/// Has many callers share the transactions of a store: what comes while one runs is the next one, all together. May be used
/// from any thread.
package final class BatchQueue<Item: Sendable, Answer: Sendable>: Sendable {
    private struct Entry: Sendable {
        let item: Item
        let reply: @Sendable (Result<Answer, any Error>) -> Void
    }

    private struct State {
        var waiting = [Entry]()
        var isRunning = false
    }

    private let state = NIOLockedValueBox(State())
    private let largestBatch: Int
    private let begin: @Sendable ([Item], @escaping @Sendable (Result<[Answer], any Error>) -> Void) -> Void

    /// - Parameters:
    ///   - largestBatch: items of one transaction.
    ///   - begin: begins one transaction, and has it answered later, from any thread: an answer for each item, in their order.
    package init(
        largestBatch: Int,
        begin: @escaping @Sendable ([Item], @escaping @Sendable (Result<[Answer], any Error>) -> Void) -> Void
    ) {
        self.largestBatch = largestBatch
        self.begin = begin
    }

    /// - Parameters:
    ///   - largestBatch: items of one transaction.
    ///   - perform: one transaction; an answer for each item, in their order.
    package convenience init(
        largestBatch: Int = 256,
        perform: @escaping @Sendable ([Item]) async throws -> [Answer]
    ) {
        self.init(
            largestBatch: largestBatch,
            begin: { items, answer in
                Task {
                    do {
                        answer(.success(try await perform(items)))
                    } catch {
                        answer(.failure(error))
                    }
                }
            }
        )
    }

    /// On disk when it returns. Goes on when its task is cancelled: what became of it is known afterwards.
    package func answer(to item: Item) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            ask(item) { continuation.resume(with: $0) }
        }
    }

    /// The same without a task.
    ///
    /// - Parameters:
    ///   - item: what is asked about.
    ///   - reply: called once, from any thread; must not block it.
    package func ask(_ item: Item, then reply: @escaping @Sendable (Result<Answer, any Error>) -> Void) {
        let isFirst = state.withLockedValue { state in
            state.waiting.append(Entry(item: item, reply: reply))
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if isFirst { beginNext() }
    }

    private func beginNext() {
        let batch = state.withLockedValue { state in
            let batch = Array(state.waiting.prefix(largestBatch))
            state.waiting.removeFirst(batch.count)
            state.isRunning = !batch.isEmpty
            return batch
        }
        guard !batch.isEmpty else { return }
        begin(batch.map(\.item)) { [self] answers in
            Self.tell(batch, answers)
            beginNext()
        }
    }

    private static func tell(_ batch: [Entry], _ answers: Result<[Answer], any Error>) {
        switch answers {
        case .success(let answers) where answers.count == batch.count:
            for (entry, answer) in zip(batch, answers) { entry.reply(.success(answer)) }
        case .success:
            for entry in batch { entry.reply(.failure(StoreFailure("the store left questions unanswered"))) }
        case .failure(let error):
            for entry in batch { entry.reply(.failure(error)) }
        }
    }
}
