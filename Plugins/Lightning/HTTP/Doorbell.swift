internal import NIOConcurrencyHelpers

/// Ends the waiting of those who would look again later: there may be news.
final class Doorbell: Sendable {
    private struct State {
        var next = 0
        var waiting: [Int: Task<Void, Never>] = [:]
        /// It rang when nobody was waiting.
        var hasRung = false
    }

    private let state = NIOLockedValueBox(State())

    func ring() {
        let waiting = state.withLockedValue { state in
            state.hasRung = state.waiting.isEmpty
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for sleep in waiting { sleep.cancel() }
    }

    /// Returns when it rings, or after this time.
    ///
    /// - Throws: `CancellationError`.
    func wait(atMost duration: Duration) async throws {
        let sleep = Task { _ = try? await Task.sleep(for: duration) }
        let place = state.withLockedValue { state -> Int? in
            if state.hasRung {
                state.hasRung = false
                return nil
            }
            state.next += 1
            state.waiting[state.next] = sleep
            return state.next
        }
        guard let place else { return sleep.cancel() }
        await withTaskCancellationHandler {
            await sleep.value
        } onCancel: {
            sleep.cancel()
        }
        state.withLockedValue { $0.waiting[place] = nil }
        try Task.checkCancellation()
    }
}
