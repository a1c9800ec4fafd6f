internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Settlements between a task that follows a node and whoever reads them. The task waits where its reader is behind, so that
/// a node with a long history fills no memory.
final class SettlementQueue: Sendable {
    private struct State {
        var waiting = CircularBuffer<Settlement>()
        var end: Result<Void, any Error>?
        var reader: Reader?
        var writer: Writer?
    }

    private typealias Reader = CheckedContinuation<Settlement?, any Error>
    private typealias Writer = CheckedContinuation<Bool, Never>

    /// Settlements that the reader may be behind.
    private static let limit = 256

    private let state = NIOLockedValueBox(State())

    private init() {}

    /// A stream of what `follow` sends. It runs in a task that is cancelled when nobody reads any more; what it throws ends
    /// the stream, and so does its return.
    static func stream(
        _ follow: @escaping @Sendable (SettlementQueue) async throws -> Void
    ) -> AsyncThrowingStream<Settlement, any Error> {
        let queue = SettlementQueue()
        let task = Task {
            do {
                try await follow(queue)
                queue.finish(.success(()))
            } catch {
                queue.finish(.failure(error))
            }
        }
        let end = ReadingEnd(queue, task)
        return AsyncThrowingStream(unfolding: { try await end.next() })
    }

    /// Goes with the stream that holds on to it, and the task with it.
    private final class ReadingEnd: Sendable {
        private let queue: SettlementQueue
        private let task: Task<Void, Never>

        init(_ queue: SettlementQueue, _ task: Task<Void, Never>) {
            self.queue = queue
            self.task = task
        }

        deinit {
            task.cancel()
        }

        func next() async throws -> Settlement? { try await queue.next() }
    }

    // MARK: Both ends

    /// Waits until there is room.
    ///
    /// - Returns: false where it was not taken: nobody reads any more, or the task that sends is cancelled.
    func send(_ settlement: Settlement) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (writer: Writer) in
                let (reader, answer) = state.withLockedValue { state -> (Reader?, Bool?) in
                    if Task.isCancelled || state.end != nil { return (nil, false) }
                    if let reader = state.reader {
                        state.reader = nil
                        return (reader, true)
                    }
                    state.waiting.append(settlement)
                    if state.waiting.count < Self.limit { return (nil, true) }
                    state.writer = writer
                    return (nil, nil)
                }
                reader?.resume(returning: settlement)
                if let answer { writer.resume(returning: answer) }
            }
        } onCancel: {
            let writer = state.withLockedValue { state in
                defer { state.writer = nil }
                return state.writer
            }
            // What waits was taken.
            writer?.resume(returning: true)
        }
    }

    private func next() async throws -> Settlement? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (reader: Reader) in
                let (writer, answer) = state.withLockedValue { state -> (Writer?, Result<Settlement?, any Error>?) in
                    if Task.isCancelled { return (nil, .failure(CancellationError())) }
                    if let settlement = state.waiting.popFirst() {
                        defer { state.writer = nil }
                        return (state.writer, .success(settlement))
                    }
                    if let end = state.end { return (nil, end.map { _ in nil }) }
                    state.reader = reader
                    return (nil, nil)
                }
                writer?.resume(returning: true)
                if let answer { reader.resume(with: answer) }
            }
        } onCancel: {
            let reader = state.withLockedValue { state in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(throwing: CancellationError())
        }
    }

    private func finish(_ end: Result<Void, any Error>) {
        let reader = state.withLockedValue { state in
            state.end = state.end ?? end
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(with: end.map { _ in nil })
    }
}
