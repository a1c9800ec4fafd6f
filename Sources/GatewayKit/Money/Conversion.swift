/// How a price in another currency became an amount of bitcoin: what a quote, its challenge, its receipt and the ledger
/// say of it.
public struct Conversion: Hashable, Sendable {
    public let price: FiatAmount
    public let rate: ExchangeRate

    /// The rate is that of the price's currency.
    public init(_ price: FiatAmount, at rate: ExchangeRate) {
        self.price = price
        self.rate = rate
    }

    /// `nil` where it is more than all bitcoin.
    public var amount: Amount? { rate.amount(of: price.number) }

    /// As JSON: `{ price, rate, sources, time }`; `time` is RFC 3339.
    package var value: JSONValue {
        .object([
            .init("price", .string(price.description)), .init("rate", .string(rate.value.description)),
            .init("sources", .array(rate.sources.map { .string($0) })), .init("time", .string(timeText)),
        ])
    }

    private var timeText: String { ExpressionTime(WallTime(seconds: rate.time.seconds)).timestampText }
}

extension Conversion: CustomStringConvertible {
    /// `0.02 USD at 97123.45 USD of kraken, coinbase, 2026-11-30T05:00:00Z`.
    public var description: String { "\(price) at \(rate), \(timeText)" }
}
