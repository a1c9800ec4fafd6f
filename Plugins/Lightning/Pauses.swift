/// How long to wait before the next attempt at something that fails: twice as long each time, up to half a minute, and never
/// the same for two gateways whose node comes back.
struct Pauses {
    private static let first = Duration.milliseconds(250)
    private static let longest = Duration.seconds(30)

    private var whole = Self.first

    mutating func next() -> Duration {
        defer { whole = min(whole * 2, Self.longest) }
        return whole * Double.random(in: 0.5...1)
    }
}
