internal import Logging

/// What a policy asks for: bitcoin, or another currency's worth of it at the rate of the moment.
public enum Price: Hashable, Sendable {
    case bitcoin(Amount)
    case fiat(FiatAmount)

    public static let free = Price.bitcoin(.zero)

    public var isFree: Bool {
        switch self {
        case .bitcoin(let amount): amount == .zero
        case .fiat(let amount): amount.number.isZero
        }
    }

    /// False also where the two are in different currencies: what one is worth in the other changes.
    package func isLess(than other: Price) -> Bool {
        switch (self, other) {
        case (.bitcoin(let amount), .bitcoin(let others)): amount < others
        case (.fiat(let amount), .fiat(let others)):
            amount.currency == others.currency && amount.number < others.number
        case (.bitcoin, .fiat), (.fiat, .bitcoin): false
        }
    }
}

extension Price: CustomStringConvertible {
    /// The form that policy files use.
    public var description: String {
        switch self {
        case .bitcoin(let amount): amount.description
        case .fiat(let amount): amount.description
        }
    }

    /// Reads `10 sat`, `1500 msat` or `0.02 USD`; `nil` for anything else.
    public init?(parsing text: some StringProtocol) {
        if let amount = Amount(parsing: text) {
            self = .bitcoin(amount)
        } else if let amount = FiatAmount(parsing: text) {
            self = .fiat(amount)
        } else {
            return nil
        }
    }
}

extension Price {
    /// What a request costs by this price now. A price in another currency leaves in the exchange how it was made
    /// (`exchange[Conversion.self]`), for the offer, the receipt and the ledger.
    ///
    /// - Throws: a `Reply`, 503, where there is no rate that can be trusted. The reason is logged.
    public func amount(by rates: any ExchangeRates, in exchange: Exchange) throws -> Amount {
        switch self {
        case .bitcoin(let amount):
            return amount
        case .fiat(let price) where price.number.isZero:
            return .zero
        case .fiat(let price):
            do {
                let conversion = Conversion(price, at: try rates.rate(of: price.currency))
                guard let amount = conversion.amount else {
                    throw RateFailure(.missing, "\(price) is more bitcoin than exists, by a rate of \(conversion.rate)")
                }
                exchange.looked(at: "rate", conversion.description)
                exchange[Conversion.self] = conversion
                return amount
            } catch {
                exchange.looked(at: "rate", "\(error)")
                exchange.logger.warning("cannot say what a request costs", metadata: ["reason": "\(error)"])
                throw RateFailure.reply
            }
        }
    }
}
