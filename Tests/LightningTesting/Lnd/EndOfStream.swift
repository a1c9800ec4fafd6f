internal import NIOConcurrencyHelpers

/// Ends what was opened, once: whichever of both comes first.
final class EndOfStream: Sendable {
    private struct State {
        var hasCome = false
        var finish: (@Sendable () -> Void)?
    }

    private let state = NIOLockedValueBox(State())

    func isBy(_ finish: @escaping @Sendable () -> Void) {
        let isLate = state.withLockedValue { state in
            state.finish = finish
            return state.hasCome
        }
        if isLate { finish() }
    }

    func come() {
        let finish = state.withLockedValue { state in
            state.hasCome = true
            return state.finish
        }
        finish?()
    }
}
