package import GatewayKit
internal import NIOConcurrencyHelpers

/// The rates of a trial: nobody is asked, and a bitcoin costs what it is told to. May be used from any thread.
package final class ScriptedRates: ExchangeRates {
    /// What a bitcoin costs in every currency that nobody has said anything else of.
    package static let usual = ExactDecimal(parsing: "100000")
    static let source = "trial"

    private struct State {
        var currencies = [Currency]()
        var told = [Currency: ExactDecimal]()
        var areKnown = true
    }

    private let time: TimeSource
    private let state = NIOLockedValueBox(State())

    package init(time: TimeSource) {
        self.time = time
    }

    /// Stands in for those of a policy.
    func standIn(for rates: any ExchangeRates) {
        state.withLockedValue { $0.currencies = rates.currencies }
    }

    /// - Parameter price: of a bitcoin; `nil`: no rate is known any more.
    package func say(_ price: FiatAmount?) {
        state.withLockedValue { state in
            state.areKnown = price != nil
            if let price { state.told[price.currency] = price.number }
        }
    }

    package var currencies: [Currency] { state.withLockedValue { $0.currencies } }
    package var states: [RateState] { [] }

    package func rate(of currency: Currency) throws(RateFailure) -> ExchangeRate {
        let state = state.withLockedValue { $0 }
        guard state.areKnown, state.currencies.contains(currency),
            let value = state.told[currency] ?? Self.usual,
            let rate = ExchangeRate(value, currency, sources: [Self.source], at: time.now())
        else { throw RateFailure(.missing, "nobody tells what a bitcoin costs in \(currency)") }
        return rate
    }
}
