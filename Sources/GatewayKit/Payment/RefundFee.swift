/// What paying back may cost at the most.
public struct RefundFee: Hashable, Sendable {
    public let base: Amount
    /// Of the amount that is paid back.
    public let partsPerMillion: Int

    public init(base: Amount, partsPerMillion: Int) {
        self.base = base
        self.partsPerMillion = partsPerMillion
    }

    public func limit(for amount: Amount) -> Amount {
        let share = Int128(amount.millisatoshis) * Int128(max(0, partsPerMillion)) / 1_000_000
        return base.adding(Amount(millisatoshis: UInt64(clamping: share))) ?? .maximum
    }
}
