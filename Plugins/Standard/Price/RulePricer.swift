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
        let amount: Amount
    }

    private let rules: [Rule]
    private let otherwise: Amount
    /// How much of the body is read; `nil`: no rule asks about it.
    private let bodyLimit: ByteCount?

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
            return Rule(when: reader.expression("when", in: .price, services), amount: reader.amount("amount"))
        }
        otherwise = settings.amount("otherwise")
        let readsBody = rules.contains { $0.when?.readsBody == true }
        if !readsBody, settings.contains("body"), rules.allSatisfy({ $0.when != nil }) {
            settings.note(settings.error(at: "body", "is for rules that ask about request.json, which none does"))
        }
        let limit = settings.byteCount("body", or: Self.usualBody)
        bodyLimit = readsBody ? limit : nil
    }

    /// The one amount of all rules; `nil` where they differ.
    package var fixedAmount: Amount? {
        rules.allSatisfy { $0.amount == otherwise } ? otherwise : nil
    }

    package var summary: String {
        rules.map { "\($0.amount) if \($0.when?.description ?? "")" }.joined(separator: ", ")
            + ", otherwise \(otherwise)"
    }

    package func price(of exchange: Exchange) throws -> Eventually<Amount> {
        guard let bodyLimit else { return .now(amount(for: exchange)) }
        return exchange.readJSON(upTo: bodyLimit).map { self.amount(for: exchange) }
    }

    private func amount(for exchange: Exchange) -> Amount {
        var least = Amount.zero
        for rule in rules {
            switch rule.when?.holds(for: .exchange(exchange)) {
            case .success(true): return max(least, rule.amount)
            case .success(false): continue
            case .failure, nil: least = max(least, rule.amount)
            }
        }
        return max(least, otherwise)
    }
}
