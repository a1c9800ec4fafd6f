/// When a server that was not there is tried again: after a twentieth of a second, and then each time after twice as long, up to
/// two seconds. Who asks before is told at once what the last one was told, and no thread waits.
package struct ReconnectPause: Sendable {
    private let first: Duration
    private let longest: Duration
    private var next: Duration
    private var last: (failure: PostgresFailure, until: ContinuousClock.Instant)?

    package init(first: Duration = .milliseconds(50), longest: Duration = .seconds(2)) {
        self.first = first
        self.longest = longest
        next = first
    }

    /// Why nobody tries it now; `nil` when somebody may.
    package func failure(at now: ContinuousClock.Instant) -> PostgresFailure? {
        last.flatMap { now < $0.until ? $0.failure : nil }
    }

    package mutating func reached() {
        next = first
        last = nil
    }

    /// - Parameter share: of the pause, from a half to one: servers that ask the same database do not come all at once.
    package mutating func failed(
        _ failure: PostgresFailure,
        at now: ContinuousClock.Instant,
        share: Double = .random(in: 0.5...1)
    ) {
        // Threads that tried it at the same time count once.
        guard self.failure(at: now) == nil else { return }
        last = (failure, now.advanced(by: next * share))
        next = min(next * 2, longest)
    }
}
