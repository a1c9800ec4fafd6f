package import GatewayKit
internal import HTTPTypes
internal import Logging

/// `spend-limit=1000 sat`: all requests with the credential, and with every copy of it, may cost so much together.
///
/// What a request costs on a route the policy says. It is taken in the store before the request goes on, exactly, by any
/// number of gateways that share the store, and given back when nothing came of the request (`Outcome.isFailed`). One count
/// is kept for each payment: a holder who gives out several copies with limits of their own gives out one purse.
package struct SpendLimitCaveat: ReservingVerifier, Plugin {
    package static let word = "spend-limit"
    package let condition = "spend-limit"

    private let cost: Amount
    private let store: any Store

    /// `{ spend-limit: 10 sat }`, or `{ use: spend-limit, cost: 10 sat }`.
    package init(from settings: inout PolicyReader, _ services: Services) {
        store = services.store
        let node: PolicyNode?
        if let short = settings.shorthand() {
            node = short
            let name = "'\(Self.word)'"
            cost = settings.value(of: short, named: name, expected: Expectation.amount, Self.amount) ?? .zero
        } else {
            node = settings.node("cost")
            cost = settings.amount("cost")
        }
        if let node, case .text(let text) = node.content, Self.amount(text) == .zero {
            settings.note(node.place, "'\(Self.word)' should say what a request costs, which is more than nothing")
        }
    }

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        Self.amount(caveat.value).map { cost <= $0 } ?? false
    }

    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard let earlier = Self.amount(earlier.value), let later = Self.amount(later.value) else { return false }
        return later <= earlier
    }

    package func rejection(of caveat: Caveat) -> Rejection {
        Rejection(.caveat, "the spend limit of the credential is less than a request costs here, \(cost)")
    }

    package func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        guard sold.condition == condition else { return nil }
        guard case .text(let value) = sold.value, let limit = Self.amount(value) else {
            return .unfulfillable("is no amount such as 1000 sat")
        }
        return cost <= limit ? .enforced : .unfulfillable("is less than a request costs here, \(cost)")
    }

    // MARK: Taking

    package func reserve(for caveats: [Caveat], _ exchange: Exchange) throws -> Eventually<Rejection?> {
        guard let payment = exchange.credential?.payment,
            let limit = caveats.lazy.compactMap({ Self.amount($0.value) }).min()
        else { return .now(Rejection(.caveat, "nobody knows whose spend limit this is")) }
        let spending = Spending(
            amount: Int(clamping: cost.millisatoshis),
            // It has no end that is known: the credential may have none.
            counter: Counter("\(Self.word)/\(payment)", end: WallTime(milliseconds: .max))
        )
        let logger = exchange.logger
        return exchange.later { [store] in
            do {
                return try await store.take(
                    spending.amount,
                    of: spending.counter,
                    upTo: Int(clamping: limit.millisatoshis)
                )
            } catch {
                logger.error("cannot count what a credential spends", metadata: ["reason": "\(error)"])
                var reply = Reply(.serviceUnavailable, detail: "what a credential has spent cannot be counted now")
                reply.fields.add(.retryAfter, "5")
                throw reply
            }
        }.map { counted in
            switch counted {
            case .counted(let left):
                exchange.looked(at: "left of the spend limit", "\(Amount(millisatoshis: UInt64(clamping: left)))")
                exchange[Spendings.self] = Spendings(all: (exchange[Spendings.self]?.all ?? []) + [spending])
                return nil
            case .full:
                return Rejection(
                    .used,
                    "what is left of the credential's spend limit is less than this request costs, \(self.cost)"
                )
            }
        }
    }

    package func giveBack(_ exchange: Exchange) {
        guard var spendings = exchange[Spendings.self], let spending = spendings.all.popLast() else { return }
        exchange[Spendings.self] = spendings
        store.giveBack(spending.amount, of: spending.counter)
    }

    private static func amount(_ text: String) -> Amount? { Amount(parsing: text) }
}

/// What was taken for a request, once for each place of its route that takes; given back the last one first.
private struct Spendings {
    var all: [Spending]
}

private struct Spending {
    /// In millisatoshi, which is what is counted.
    let amount: Int
    let counter: Counter
}
