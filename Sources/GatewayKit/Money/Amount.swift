/// An amount of bitcoin, exact to the millisatoshi and never negative.
///
/// Arithmetic is checked: what would overflow is `nil`, never a wrapped number and never a trap.
public struct Amount: Hashable, Comparable, Sendable {
    /// Millisatoshi, 0...`UInt64.max`.
    public let millisatoshis: UInt64

    public init(millisatoshis: UInt64) {
        self.millisatoshis = millisatoshis
    }

    public static let zero = Amount(millisatoshis: 0)

    /// All the bitcoin that can ever exist: 21 million, in millisatoshi. No invoice may ask for more.
    public static let maximum = Amount(millisatoshis: 21_000_000 * 100_000_000 * 1_000)

    /// `nil` when it is more than `UInt64` millisatoshi.
    public static func satoshis(_ count: UInt64) -> Amount? {
        let (product, overflow) = count.multipliedReportingOverflow(by: 1_000)
        return overflow ? nil : Amount(millisatoshis: product)
    }

    /// Whole satoshis, rounded up: a gateway never sells below its price because a wire has no smaller unit.
    public var satoshisRoundedUp: UInt64 {
        millisatoshis / 1_000 + (millisatoshis % 1_000 == 0 ? 0 : 1)
    }

    public func adding(_ other: Amount) -> Amount? {
        let (sum, overflow) = millisatoshis.addingReportingOverflow(other.millisatoshis)
        return overflow ? nil : Amount(millisatoshis: sum)
    }

    public func subtracting(_ other: Amount) -> Amount? {
        let (difference, overflow) = millisatoshis.subtractingReportingOverflow(other.millisatoshis)
        return overflow ? nil : Amount(millisatoshis: difference)
    }

    public static func < (left: Amount, right: Amount) -> Bool {
        left.millisatoshis < right.millisatoshis
    }
}

extension Amount: CustomStringConvertible {
    /// `10 sat`, or `1500 msat` where satoshis are not exact. The form that policy files use.
    public var description: String {
        millisatoshis % 1_000 == 0 ? "\(millisatoshis / 1_000) sat" : "\(millisatoshis) msat"
    }

    /// Reads `10 sat` or `1500 msat`; `nil` for anything else, and for more bitcoin than exists.
    public init?(parsing text: some StringProtocol) {
        guard let (count, unit) = Quantity.split(text) else { return nil }
        let amount: Amount? =
            switch unit {
            case "sat", "sats": .satoshis(count)
            case "msat": Amount(millisatoshis: count)
            default: nil
            }
        guard let amount, amount <= .maximum else { return nil }
        self = amount
    }
}
