import NIOConcurrencyHelpers

/// How a fake node misbehaves.
final class FakeFaults: Sendable {
    private struct State {
        var react: (@Sendable (FakeHTTP.Request) -> FakeHTTP.Reaction?)?
        var rewrite: (@Sendable (FakeHTTP.Request, String) -> String)?
    }

    private let state = NIOLockedValueBox(State())

    /// What it does instead of its work; where this is `nil` it works.
    var react: (@Sendable (FakeHTTP.Request) -> FakeHTTP.Reaction?)? {
        get { state.withLockedValue { $0.react } }
        set { state.withLockedValue { $0.react = newValue } }
    }

    /// What becomes of what it has answered.
    var rewrite: (@Sendable (FakeHTTP.Request, String) -> String)? {
        get { state.withLockedValue { $0.rewrite } }
        set { state.withLockedValue { $0.rewrite = newValue } }
    }
}
