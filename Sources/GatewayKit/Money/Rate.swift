/// So many events in a period: `20/s`.
public struct Rate: Hashable, Sendable {
    /// At least 1.
    public let count: Int
    /// Longer than zero.
    public let period: Duration

    /// `nil` when the count is below 1 or the period is not longer than zero.
    public init?(_ count: Int, per period: Duration) {
        guard count >= 1, period > .zero else { return nil }
        self.count = count
        self.period = period
    }
}

extension Rate: CustomStringConvertible {
    private static let periods: [(unit: String, length: Duration)] = [
        ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3_600)), ("d", .seconds(86_400)),
    ]

    public var description: String {
        let unit = Self.periods.first { $0.length == period }?.unit ?? period.formattedForPolicy
        return "\(count)/\(unit)"
    }

    /// Reads `20/s`, `100/m`, `1000/h`, `10/d` or a period of several units, `5/10s`; `nil` for anything else.
    public init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.allSatisfy({ (48...57).contains($0) }), let count = Int(parts[0]) else {
            return nil
        }
        let unit = String(parts[1])
        let named = unit == "day" ? "d" : unit
        guard let period = Self.periods.first(where: { $0.unit == named })?.length ?? Duration(parsing: unit) else {
            return nil
        }
        self.init(count, per: period)
    }
}
