internal import GatewayKit
internal import NIOConcurrencyHelpers

/// Takes amounts from sessions: those that come while one transaction runs are the next one, all together. May be used
/// from any task.
final class TakingQueue: Sendable {
    /// Of one transaction.
    private static let largestBatch = 256

    private struct Entry {
        let taking: SessionTaking
        let continuation: CheckedContinuation<SessionChange, any Error>
    }

    private struct State {
        var waiting = [Entry]()
        var isRunning = false
    }

    private let state = NIOLockedValueBox(State())
    private let ledger: any SessionLedger

    init(_ ledger: any SessionLedger) {
        self.ledger = ledger
    }

    /// On disk when it returns. Goes on when its task is cancelled: whether an amount was taken is known afterwards.
    func take(_ taking: SessionTaking) async throws -> SessionChange {
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = state.withLockedValue { state in
                state.waiting.append(Entry(taking: taking, continuation: continuation))
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
                let batch = Array(state.waiting.prefix(Self.largestBatch))
                state.waiting.removeFirst(batch.count)
                state.isRunning = !batch.isEmpty
                return batch
            }
            guard !batch.isEmpty else { return }
            do {
                let changes = try await ledger.take(batch.map(\.taking))
                guard changes.count == batch.count else { throw StoreFailure("the store left debits unanswered") }
                for (entry, change) in zip(batch, changes) {
                    entry.continuation.resume(returning: change)
                }
            } catch {
                for entry in batch {
                    entry.continuation.resume(throwing: error)
                }
            }
        }
    }
}
