package import GatewayKit

/// Every request costs the same.
package struct StaticPricer: Pricer, Plugin {
    package static let word = "static"

    package let price: Price
    private let rates: any ExchangeRates

    package init(_ price: Price, by rates: any ExchangeRates) {
        self.price = price
        self.rates = rates
    }

    package init(_ amount: Amount) {
        self.init(.bitcoin(amount), by: NoExchangeRates())
    }

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        rates = services.rates
        if let node = settings.shorthand() {
            price = settings.price(of: node, named: "'static'", services) ?? .free
        } else {
            price = settings.price("amount", services)
        }
    }

    package var summary: String { "\(price)" }

    package func price(of exchange: Exchange) throws -> Eventually<Amount> {
        .now(try price.amount(by: rates, in: exchange))
    }
}
