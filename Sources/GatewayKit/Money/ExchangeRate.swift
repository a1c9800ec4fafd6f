/// What one bitcoin costs in another currency, who says so and when.
public struct ExchangeRate: Hashable, Sendable {
    public let currency: Currency
    /// For one bitcoin; more than zero.
    public let value: ExactDecimal
    /// The names of the sources that were asked, whose middle this is.
    public let sources: [String]
    /// When the oldest of their answers came.
    public let time: WallTime

    /// `nil` for a rate of zero: nothing could be sold by it.
    public init?(_ value: ExactDecimal, _ currency: Currency, sources: [String], at time: WallTime) {
        guard !value.isZero else { return nil }
        self.value = value
        self.currency = currency
        self.sources = sources
        self.time = time
    }

    private static let satoshisOfABitcoin = 8

    /// What an amount of the currency is worth, rounded up to a satoshi: the one place where it is rounded. `nil` where that
    /// is more than all bitcoin.
    public func amount(of number: ExactDecimal) -> Amount? {
        // number / value bitcoin: both are a coefficient and a power of ten.
        let exponent = Self.satoshisOfABitcoin + value.scale - number.scale
        guard let power = ExactDecimal.power(abs(exponent)) else { return nil }
        var numerator = UInt128(number.coefficient)
        var denominator = UInt128(value.coefficient)
        let scaled = (exponent >= 0 ? numerator : denominator).multipliedReportingOverflow(by: power)
        guard !scaled.overflow else { return nil }
        if exponent >= 0 {
            numerator = scaled.partialValue
        } else {
            denominator = scaled.partialValue
        }
        let (whole, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
        guard let satoshis = UInt64(exactly: whole), satoshis < .max,
            let amount = Amount.satoshis(satoshis + (rest == 0 ? 0 : 1)), amount <= .maximum
        else { return nil }
        return amount
    }
}

extension ExchangeRate: CustomStringConvertible {
    /// `97123.45 USD of kraken, coinbase`.
    public var description: String { "\(value) \(currency) of \(sources.joined(separator: ", "))" }
}
