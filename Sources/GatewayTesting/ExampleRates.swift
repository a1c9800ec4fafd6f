public import GatewayKit

/// Rates that a test says: always the same, and none where it says none.
public struct ExampleRates: ExchangeRates {
    private let rates: [Currency: ExchangeRate]

    /// - Parameters:
    ///   - prices: what a bitcoin costs: `97000 USD`. What cannot be read is left out.
    ///   - time: when that was told.
    public init(_ prices: [String] = [], at time: WallTime = WallTime(seconds: 1_767_225_600)) {
        var rates = [Currency: ExchangeRate]()
        for price in prices.compactMap({ FiatAmount(parsing: $0) }) {
            rates[price.currency] = ExchangeRate(price.number, price.currency, sources: ["example"], at: time)
        }
        self.rates = rates
    }

    public var currencies: [Currency] { rates.keys.sorted() }
    public var states: [RateState] { [] }

    public func rate(of currency: Currency) throws(RateFailure) -> ExchangeRate {
        guard let rate = rates[currency] else { throw RateFailure(.missing, "nobody has said a rate of \(currency)") }
        return rate
    }
}
