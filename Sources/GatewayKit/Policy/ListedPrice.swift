/// What a stage asks for a request, as far as that is known before one comes.
public enum ListedPrice: Hashable, Sendable {
    case fixed(Amount)
    /// In another currency, converted at the rate of the moment; never zero.
    case fiat(FiatAmount)
    /// A bundle that requests draw from, each for what it turns out to have cost.
    case bundle(Amount)
    /// Depends on the request.
    case asked(Bounds)

    /// Between which amounts a price stands that depends on the request.
    public struct Bounds: Hashable, Sendable {
        public let least: Amount
        /// `nil`: nobody knows.
        public let most: Amount?

        /// By default nothing is known.
        public init(least: Amount = .zero, most: Amount? = nil) {
            self.least = least
            self.most = most
        }
    }

    public var isAsked: Bool {
        if case .asked = self { true } else { false }
    }

    public init(_ price: Price) {
        switch price {
        case .bitcoin(let amount): self = .fixed(amount)
        case .fiat where price.isFree: self = .fixed(.zero)
        case .fiat(let amount): self = .fiat(amount)
        }
    }
}
