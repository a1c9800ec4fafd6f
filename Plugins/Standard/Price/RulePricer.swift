package import GatewayKit

/// `{ rules: [{ when: 'request.json.model == "small"', amount: 5 sat }], otherwise: 10 sat }`: the first rule that holds.
///
/// A rule that fails may hold or not, so that the price is never below its amount: what cannot be read is not cheaper.
package struct RulePricer: Pricer, Plugin {
    package static let word = "rules"

    package static let usualBody = ByteCount.kibibytes(64)

    private struct Rule {
        /// `nil` where a mistake was noted.
        let when: Expression?
        let price: Price
    }

    private let rules: [Rule]
    private let otherwise: Price
    private let rates: any ExchangeRates
    /// How much of the body is read; `nil`: no rule asks about it.
    private let bodyLimit: ByteCount?
    /// What the rules ask about beside what every charge is for: its path, its query and its body.
    private let fields: [FieldName]

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        let nodes = settings.nodes("rules")
        if nodes.isEmpty {
            settings.note(
                settings.error(
                    at: "rules",
                    "should be a list such as [{ when: 'request.method == \"GET\"', amount: 5 sat }]"
                )
            )
        }
        rules = nodes.map { node in
            var reader = settings.reader(for: node, word: "rules")
            defer { reader.finish() }
            return Rule(
                when: reader.expression("when", in: .price, services),
                price: reader.price("amount", services)
            )
        }
        let conditions = rules.compactMap(\.when)
        if conditions.contains(where: \.readsAnyField) {
            settings.note(
                settings.error(
                    at: "rules",
                    "should ask for header fields by their names, such as request.headers[\"x-plan\"]: a payment is for their"
                        + " values"
                )
            )
        }
        let isAskedAbout: (ExpressionVariable) -> Bool = { part in conditions.contains { $0.reads.contains(part) } }
        fields =
            conditions.flatMap(\.readFields) + (isAskedAbout(.host) ? [.host] : [])
            + (isAskedAbout(.size) ? [.contentLength] : [])
        otherwise = settings.price("otherwise", services)
        rates = services.rates
        let readsBody = rules.contains { $0.when?.readsBody == true }
        if !readsBody, settings.contains("body"), rules.allSatisfy({ $0.when != nil }) {
            settings.note(settings.error(at: "body", "is for rules that ask about request.json, which none does"))
        }
        let limit = settings.byteCount("body", or: Self.usualBody)
        bodyLimit = readsBody ? limit : nil
    }

    /// The one price of all rules; `nil` where they differ.
    package var fixedPrice: Price? {
        rules.allSatisfy { $0.price == otherwise } ? otherwise : nil
    }

    /// Unknown where one of its prices is in another currency.
    package var bounds: ListedPrice.Bounds {
        var (least, most) = (Amount.maximum, Amount.zero)
        for price in rules.map(\.price) + [otherwise] {
            guard case .bitcoin(let amount) = price else { return ListedPrice.Bounds() }
            least = min(least, amount)
            most = max(most, amount)
        }
        return ListedPrice.Bounds(least: least, most: most)
    }

    /// True where a rule asks nothing, and not all of them.
    package var isFreeForSome: Bool {
        fixedPrice == nil && (otherwise.isFree || rules.contains { $0.price.isFree })
    }

    package var summary: String {
        rules.map { "\($0.price) if \($0.when?.description ?? "")" }.joined(separator: ", ")
            + ", otherwise \(otherwise)"
    }

    package func price(of exchange: Exchange) throws -> Eventually<Amount> {
        exchange.notePrice(by: fields)
        guard let bodyLimit else { return .now(try amount(for: exchange)) }
        return try exchange.readJSON(upTo: bodyLimit).map { try self.amount(for: exchange) }
    }

    private func amount(for exchange: Exchange) throws -> Amount {
        var dearest = Dearest(rates: rates)
        for rule in rules {
            switch rule.when?.holds(for: .exchange(exchange)) {
            case .success(true): return try dearest.amount(with: rule.price, in: exchange)
            case .success(false): continue
            case .failure, nil: _ = try dearest.amount(with: rule.price, in: exchange)
            }
        }
        return try dearest.amount(with: otherwise, in: exchange)
    }

    /// The dearest of the prices that may be meant, and how that one was converted.
    private struct Dearest {
        let rates: any ExchangeRates
        private var amount = Amount.zero
        private var conversion: Conversion?

        init(rates: any ExchangeRates) {
            self.rates = rates
        }

        mutating func amount(with price: Price, in exchange: Exchange) throws -> Amount {
            exchange[Conversion.self] = nil
            let other = try price.amount(by: rates, in: exchange)
            if other >= amount {
                amount = other
                conversion = exchange[Conversion.self]
            }
            exchange[Conversion.self] = conversion
            return amount
        }
    }
}
