package import GatewayKit

/// What a plan asks for a request.
package struct RequestCost: Hashable, Sendable {
    package enum Price: Hashable, Sendable {
        /// No route: 404.
        case unanswered
        case free
        /// Depends on the request, and is nothing for some.
        case freeForSome
        case fixed(Amount)
        /// At the rate of the moment.
        case fiat(FiatAmount)
        /// What it uses of a bundle that costs this.
        case bundle(Amount)
        /// Depends on the request.
        case asked(ListedPrice.Bounds)

        /// In bitcoin; `nil` where that depends on the request or on what it uses, or on a rate that nobody knows now.
        func amount(at rates: any ExchangeRates) -> Amount? {
            switch self {
            case .unanswered, .free: .zero
            case .fixed(let amount): amount
            case .fiat(let price): (try? rates.rate(of: price.currency))?.amount(of: price.number)
            case .freeForSome, .bundle, .asked: nil
            }
        }
    }

    static let unanswered = RequestCost(.unanswered)

    package let price: Price
    /// The schemes by which some such requests cost nothing all the same.
    package let giveaways: [ListedScheme]

    init(_ price: Price, giveaways: [ListedScheme] = []) {
        self.price = price
        self.giveaways = giveaways
    }

    /// True when a scheme lets through more than `factor` times of what it did, which may be nothing; but for rounding.
    func givesMore(than earlier: RequestCost, factor: Int) -> Bool {
        giveaways.contains { scheme in
            let before = earlier.giveaways.first { $0.word == scheme.word }?.giveaway ?? 0
            return scheme.giveaway > before * Double(max(1, factor)) * (1 + 1e-9)
        }
    }

    /// What it gives away, as policies name it.
    var waived: String {
        giveaways.isEmpty ? "none" : giveaways.map { "\($0.word) \($0.summary)" }.joined(separator: ", ")
    }
}

extension RequestCost.Price: CustomStringConvertible {
    /// True for what is sold.
    var isPaid: Bool {
        switch self {
        case .unanswered, .free: false
        case .freeForSome, .fixed, .fiat, .bundle, .asked: true
        }
    }

    package var description: String {
        switch self {
        case .unanswered: "not found"
        case .free: "free"
        case .freeForSome: "free for some requests"
        case .fixed(let amount): amount.description
        case .fiat(let amount): amount.description
        case .bundle(let amount): "usage of a bundle of \(amount)"
        case .asked(let bounds):
            "a price that is asked for" + (bounds.least > .zero ? ", at least \(bounds.least)" : "")
                + (bounds.most.map { ", at most \($0)" } ?? "")
        }
    }
}
