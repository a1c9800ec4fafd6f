package import GatewayKit
package import Standard

/// What one model costs.
package struct ModelRates: Hashable, Sendable {
    package var input: TokenRate
    package var output: TokenRate
    /// What a bundle costs, and is worth. Whole satoshis.
    package var bundle: Amount
    /// Output that is reserved where a request names no bound.
    package var reserve: UInt64

    package init(input: TokenRate, output: TokenRate, bundle: Amount, reserve: UInt64 = TokenPricer.usualReserve) {
        self.input = input
        self.output = output
        self.bundle = bundle
        self.reserve = reserve
    }

    /// - Parameters:
    ///   - bundle: as the file writes it, where the model says nothing of its own.
    ///   - reserve: the same.
    init(from settings: inout PolicyReader, bundle: String, reserve: TokenCount) {
        let some = TokenRate(Amount(millisatoshis: 1))
        input = settings.value("input", or: nil, placeholder: some, expected: TokenRate.form, TokenRate.init)
        output = settings.value("output", or: nil, placeholder: some, expected: TokenRate.form, TokenRate.init)
        let written = settings.bundle(or: bundle)
        self.reserve = settings.reserve(or: reserve).count
        let price = TokenPricer.price(ofBundle: written, input, output)
        self.bundle = Amount.satoshis(price.satoshisRoundedUp) ?? .maximum
        if price == .zero || price > Amount(millisatoshis: Amount.maximum.millisatoshis / 2) {
            settings.note(
                settings.error(at: "bundle", "costs \(price) at these rates, which is no amount that can be paid")
            )
        }
    }

    /// What so many tokens cost: exact, and rounded up to a millisatoshi once.
    package func cost(of estimate: TokenEstimate) -> Amount {
        TokenRate.cost(of: estimate.input, at: input, and: estimate.output, at: output)
    }

    /// What is sold to somebody who asks for this: a bundle, or as much more as the request itself may cost. Whole satoshis.
    package func bundle(covering estimate: TokenEstimate) -> Amount {
        max(bundle, Amount.satoshis(cost(of: estimate).satoshisRoundedUp) ?? .maximum)
    }
}

extension PolicyReader {
    /// What stands for `bundle`, which is told apart when the rates are known.
    mutating func bundle(or fallback: String) -> String {
        value("bundle", or: fallback, placeholder: fallback, expected: TokenPricer.bundleForm) { text in
            TokenCount(parsing: text) != nil || Amount(parsing: text) != nil ? text : nil
        }
    }

    mutating func reserve(or fallback: TokenCount) -> TokenCount {
        value("reserve", or: fallback, placeholder: fallback, expected: TokenCount.form) { TokenCount(parsing: $0) }
    }
}
