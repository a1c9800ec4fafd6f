/// How long to wait before the next attempt at something that fails: twice as long each time, up to half a minute, and never
/// the same for two gateways whose node comes back. A value: no clock.
package struct Pauses: Sendable {
    private let longest: Duration
    private var whole: Duration

    package init(first: Duration = .milliseconds(250), longest: Duration = .seconds(30)) {
        self.longest = longest
        whole = first
    }

    /// - Parameter share: of the whole pause, 0.5 to 1.
    package mutating func next(share: Double = .random(in: 0.5...1)) -> Duration {
        defer { whole = min(whole * 2, longest) }
        return whole * share
    }
}
