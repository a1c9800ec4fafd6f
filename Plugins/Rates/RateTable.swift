package import GatewayKit
package import NIOCore

/// What the sources have told, and the rate that follows from it at a moment. A value: whoever keeps it guards it.
package struct RateTable: Sendable {
    private struct Key: Hashable {
        let source: String
        let currency: Currency
    }

    private struct Told {
        let value: ExactDecimal
        let at: WallTime
        /// By the clock that never goes back: a calendar that is set back makes nothing young.
        let uptime: NIODeadline
    }

    private let terms: RateTerms
    private var told = [Key: Told]()
    private var failures = [Key: String]()

    package init(_ terms: RateTerms) {
        self.terms = terms
    }

    package mutating func note(
        _ value: ExactDecimal,
        _ currency: Currency,
        of source: String,
        at time: WallTime,
        uptime: NIODeadline
    ) {
        let key = Key(source: source, currency: currency)
        told[key] = Told(value: value, at: time, uptime: uptime)
        failures[key] = nil
    }

    /// What it told before stays until it is too old.
    ///
    /// - Returns: true when its last attempt had not failed.
    package mutating func noteFailure(_ reason: String, _ currency: Currency, of source: String) -> Bool {
        failures.updateValue(reason, forKey: Key(source: source, currency: currency)) == nil
    }

    /// The middle of what is young enough: of two the lower one, by which the same price is more bitcoin. More than half of
    /// the currency's sources have to tell one, so that none of several decides alone.
    package func rate(
        of currency: Currency,
        at time: WallTime,
        uptime: NIODeadline
    ) throws(RateFailure) -> ExchangeRate {
        let sources = terms.sources.filter { $0.currencies.contains(currency) }
        var young = [(name: String, value: ExactDecimal, at: WallTime)]()
        var isAnyOld = false
        for source in sources {
            if case .fixed(let value) = source.kind {
                young.append((source.name, value, time))
            } else if let told = told[Key(source: source.name, currency: currency)] {
                if uptime - told.uptime <= TimeAmount(terms.maxAge) {
                    young.append((source.name, told.value, told.at))
                } else {
                    isAnyOld = true
                }
            }
        }
        let least = sources.count / 2 + 1
        guard young.count >= least else {
            let count = "\(young.count) of \(sources.count) sources have told what a bitcoin costs in \(currency)"
            guard isAnyOld else { throw RateFailure(.missing, "\(count); \(least) have to") }
            throw RateFailure(.stale, "\(count) in the last \(terms.maxAge.formattedForPolicy); \(least) have to")
        }
        young.sort { $0.value < $1.value }
        let (lowest, highest) = (young[0], young[young.count - 1])
        if terms.maxDeviation.isExceeded(by: highest.value, above: lowest.value) {
            throw RateFailure(
                .apart,
                "\(lowest.name) says \(lowest.value) \(currency) and \(highest.name) \(highest.value): more than"
                    + " \(terms.maxDeviation) apart"
            )
        }
        let middle = young[(young.count - 1) / 2].value
        let oldest = young.map(\.at).min() ?? time
        guard let rate = ExchangeRate(middle, currency, sources: young.map(\.name).sorted(), at: oldest) else {
            throw RateFailure(.missing, "a bitcoin costs nothing in \(currency)")
        }
        return rate
    }

    package func states(at time: WallTime, uptime: NIODeadline) -> [RateState] {
        terms.currencies.map { currency in
            var rate: String?
            var refusal: String?
            do throws(RateFailure) {
                rate = try self.rate(of: currency, at: time, uptime: uptime).value.description
            } catch {
                refusal = error.description
            }
            let sources = terms.sources.filter { $0.currencies.contains(currency) }.map { source in
                state(of: source, currency, uptime: uptime)
            }
            return RateState(currency: currency.code, rate: rate, refusal: refusal, sources: sources)
        }
    }

    private func state(of source: RateSource, _ currency: Currency, uptime: NIODeadline) -> RateState.Source {
        if case .fixed(let value) = source.kind {
            return RateState.Source(name: source.name, rate: value.description, age: nil, failure: nil)
        }
        let key = Key(source: source.name, currency: currency)
        return RateState.Source(
            name: source.name,
            rate: told[key]?.value.description,
            age: told[key].map { (uptime - $0.uptime).nanoseconds / 1_000_000_000 },
            failure: failures[key]
        )
    }
}
