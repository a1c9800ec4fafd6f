package import GatewayKit

/// Every request costs the same.
package struct StaticPricer: Pricer, Plugin {
    package static let word = "static"

    package let amount: Amount

    package init(_ amount: Amount) {
        self.amount = amount
    }

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        if let node = settings.shorthand() {
            amount =
                settings.value(of: node, named: "'static'", expected: Expectation.amount) { Amount(parsing: $0) }
                ?? .zero
        } else {
            amount = settings.amount("amount")
        }
    }

    package var summary: String { "\(amount)" }

    package func price(of exchange: Exchange) throws -> Eventually<Amount> {
        .now(amount)
    }
}
