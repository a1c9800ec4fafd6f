package import NIOCore

/// Decides whether a service that keeps failing is asked again. A value: no clock, no chance, no lock.
///
/// Closed, every call goes out. After so many failures in a row it opens, and no call goes out for a while. Then one call
/// tries: its success closes the breaker, its failure opens it again, for twice as long.
package struct CircuitBreaker: Sendable, Hashable {
    package struct Settings: Sendable, Hashable {
        /// Failures in a row that open it.
        package var failures = 5
        /// How long it stays open at first, before it is spread.
        package var pause = Duration.milliseconds(500)
        /// How long it stays open at the most.
        package var longestPause = Duration.seconds(30)

        package init() {}
    }

    package enum State: Sendable, Hashable {
        case closed(failures: Int)
        /// `trips`: how often it opened since it was closed last.
        case open(until: NIODeadline, trips: Int)
        /// One call is out to try.
        case halfOpen(trips: Int)
    }

    /// With what right a call went out; goes back with what came of it.
    package enum Permit: Sendable, Hashable {
        case usual
        /// It decides for those that wait.
        case trial
    }

    package let settings: Settings
    package private(set) var state = State.closed(failures: 0)

    package init(_ settings: Settings = Settings()) {
        self.settings = settings
    }

    /// `nil`: no call may go out now. Each permit is given back once.
    package mutating func permit(at now: NIODeadline) -> Permit? {
        switch state {
        case .closed:
            return .usual
        case .open(let end, let trips):
            guard now >= end else { return nil }
            state = .halfOpen(trips: trips)
            return .trial
        case .halfOpen:
            return nil
        }
    }

    /// The service answered, if only with a refusal.
    package mutating func succeeded(_ permit: Permit) {
        switch (state, permit) {
        case (.closed, _), (.halfOpen, .trial): state = .closed(failures: 0)
        // A call from before it opened says nothing of what is the case now.
        case (.open, _), (.halfOpen, .usual): break
        }
    }

    /// - Parameter chance: 0 to 1, where in the second half of the pause it ends: gateways do not come back all at once.
    package mutating func failed(_ permit: Permit, at now: NIODeadline, chance: Double) {
        switch (state, permit) {
        case (.closed(let failures), _):
            if failures + 1 < settings.failures {
                state = .closed(failures: failures + 1)
            } else {
                open(trips: 1, at: now, chance)
            }
        case (.halfOpen(let trips), .trial):
            open(trips: trips + 1, at: now, chance)
        case (.open, _), (.halfOpen, .usual): break
        }
    }

    /// The call ended without a word about the service: whoever made it left.
    package mutating func withdrew(_ permit: Permit, at now: NIODeadline) {
        if case .halfOpen(let trips) = state, permit == .trial {
            state = .open(until: now, trips: trips)
        }
    }

    private mutating func open(trips: Int, at now: NIODeadline, _ chance: Double) {
        let whole = min(settings.pause * (1 << min(trips - 1, 16)), settings.longestPause)
        let pause = whole * (0.5 + min(max(chance, 0), 1) / 2)
        state = .open(until: now + TimeAmount(pause), trips: trips)
    }
}
