/// How long to wait before the next attempt to connect: about twice as long each time, so that many gateways do not come back
/// at once. A value: no clock.
package struct ReconnectDelay: Sendable {
    private let first: Duration
    private let longest: Duration
    private var failures = 0

    package init(first: Duration = .milliseconds(500), longest: Duration = .seconds(60)) {
        self.first = first
        self.longest = longest
    }

    /// After a failure.
    ///
    /// - Parameter share: of the whole delay, 0.5 to 1.
    package mutating func next(share: Double = .random(in: 0.5...1)) -> Duration {
        var whole = first
        for _ in 0..<failures where whole < longest {
            whole *= 2
        }
        failures += 1
        return min(whole, longest) * share
    }

    package mutating func succeed() {
        failures = 0
    }
}
