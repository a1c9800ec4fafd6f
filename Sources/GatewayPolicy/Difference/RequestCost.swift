package import GatewayKit

/// What a plan asks for a request.
package enum RequestCost: Hashable, Sendable {
    /// No route: 404.
    case unanswered
    case free
    case fixed(Amount)
    /// At the rate of the moment.
    case fiat(FiatAmount)
    /// What it uses of a bundle that costs this.
    case bundle(Amount)
    /// Depends on the request.
    case asked

    /// In bitcoin; `nil` where that depends on the request or on what it uses, or on a rate that nobody knows now.
    func amount(at rates: any ExchangeRates) -> Amount? {
        switch self {
        case .unanswered, .free: .zero
        case .fixed(let amount): amount
        case .fiat(let price): (try? rates.rate(of: price.currency))?.amount(of: price.number)
        case .bundle, .asked: nil
        }
    }
}

extension RequestCost: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unanswered: "not found"
        case .free: "free"
        case .fixed(let amount): amount.description
        case .fiat(let amount): amount.description
        case .bundle(let amount): "usage of a bundle of \(amount)"
        case .asked: "a price that is asked for"
        }
    }
}
