package import GatewayKit

/// Requests that cost something else than before.
package struct CostChange: Hashable, Sendable {
    /// As a policy's match is printed: `GET /quotes/*`.
    package let requests: String
    package let before: RequestCost
    package let after: RequestCost

    /// True when somebody may get for nothing, or for less than the part of its price that `factor` stands for, what was
    /// sold before; or more than `factor` times of what was given away of it.
    ///
    /// - Parameter rates: those that are sold by now. Prices in different currencies that nobody can compare count as a
    ///   loss: whoever knows better may allow it.
    package func losesMoney(factor: Int, at rates: any ExchangeRates) -> Bool {
        let factor = max(1, factor)
        return isCheaper(by: UInt64(factor), at: rates) || isSale && after.givesMore(than: before, factor: factor)
    }

    private func isCheaper(by factor: UInt64, at rates: any ExchangeRates) -> Bool {
        // Nobody knows for which requests.
        if after.price == .freeForSome { return ![.unanswered, .free, .freeForSome].contains(before.price) }
        if before.price == .freeForSome { return after.price == .free }
        switch (before.price, after.price) {
        case (.fixed, .free), (.fiat, .free), (.bundle, .free), (.asked, .free):
            return true
        case (.fixed(let old), .fixed(let new)), (.bundle(let old), .bundle(let new)):
            return Self.isLess(new, than: old, by: factor)
        case (.fiat(let old), .fiat(let new)) where old.currency == new.currency:
            let (old, new) = ExactDecimal.aligned(old.number, new.number)
            let (product, overflow) = new.multipliedReportingOverflow(by: UInt128(factor))
            return !overflow && product < old
        case (.fiat, .fixed), (.fixed, .fiat), (.fiat, .fiat):
            guard let old = before.price.amount(at: rates), let new = after.price.amount(at: rates) else { return true }
            return Self.isLess(new, than: old, by: factor)
        case (.asked(let old), .asked(let new)):
            return Self.isLess(new.least, than: old.least, by: factor)
                || Self.isLess(new.most, than: old.most, by: factor)
        case (.asked(let old), .fixed), (.asked(let old), .fiat):
            guard let new = after.price.amount(at: rates) else { return true }
            return Self.isLess(new, than: old.most, by: factor)
        case (.fixed, .asked(let new)), (.fiat, .asked(let new)):
            guard let old = before.price.amount(at: rates) else { return true }
            return Self.isLess(new.least, than: old, by: factor)
        default:
            return false
        }
    }

    /// - Parameters:
    ///   - new: the most that is asked for now; `nil`: it has no bound, and so none that is lower.
    ///   - old: the most that was asked for; `nil`: nobody knows, and any bound may be lower.
    private static func isLess(_ new: Amount?, than old: Amount?, by factor: UInt64) -> Bool {
        guard let new else { return false }
        guard let old else { return true }
        return isLess(new, than: old, by: factor)
    }

    private static func isLess(_ new: Amount, than old: Amount, by factor: UInt64) -> Bool {
        let (product, overflow) = new.millisatoshis.multipliedReportingOverflow(by: factor)
        return !overflow && product < old.millisatoshis
    }

    /// True when it was sold, and is.
    private var isSale: Bool { before.price.isPaid && after.price.isPaid }
}

extension CostChange: CustomStringConvertible {
    package var description: String {
        guard isSale, before.giveaways != after.giveaways else { return priceChange }
        let giveaways = "for nothing: \(before.waived) -> \(after.waived)"
        return before.price == after.price ? "\(requests) \(giveaways)" : "\(priceChange), \(giveaways)"
    }

    private var priceChange: String {
        switch (before.price, after.price) {
        case (.fixed(let old), .fixed(let new)): "\(requests) \(old) -> \(new)"
        case (.unanswered, _): "\(requests) is served for \(after.price)"
        case (_, .free): "\(requests) becomes free (was \(before.price))"
        case (_, .unanswered): "\(requests) is no longer served (was \(before.price))"
        case (_, .freeForSome): "\(requests) becomes free for some (was \(before.price))"
        case (_, .fixed), (_, .fiat), (_, .bundle), (_, .asked): "\(requests) \(before.price) -> \(after.price)"
        }
    }
}
