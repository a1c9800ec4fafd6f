/// What a stage asks for a request, as far as that is known before one comes.
public enum ListedPrice: Hashable, Sendable {
    case fixed(Amount)
    /// In another currency, converted at the rate of the moment; never zero.
    case fiat(FiatAmount)
    /// A bundle that requests draw from, each for what it turns out to have cost.
    case bundle(Amount)
    /// Depends on the request.
    case asked

    public init(_ price: Price) {
        switch price {
        case .bitcoin(let amount): self = .fixed(amount)
        case .fiat where price.isFree: self = .fixed(.zero)
        case .fiat(let amount): self = .fiat(amount)
        }
    }
}
