package import GatewayKit
package import NIOCore

/// Prices that are kept for a while, each of which is asked for once at a time. A value: no clock, no lock.
///
/// `Waiter` is told what came of a question that another request has asked.
package struct PriceCache<Waiter: Sendable>: Sendable {
    /// What is to be done about a request.
    package enum Step: Sendable, Hashable {
        case known(Amount)
        /// Nobody is asking: whoever gets this asks, and tells what came of it by `answered`.
        case ask
        /// Somebody is: the waiter will be told.
        case wait
    }

    /// What came of a question.
    package struct Settlement: Sendable {
        /// Those that asked meanwhile, the one that began included.
        package var waiters: [Waiter]
        /// In place of a price that was not given: one that has been kept too long for anything else.
        package var stale: Amount?
    }

    private struct Entry {
        var price: (amount: Amount, since: NIODeadline)?
        /// `nil`: nobody is asking.
        var waiters: [Waiter]?
        /// Its turn in `order`; what stands there with another number is an old one.
        var turn: UInt64
    }

    private let terms: CacheTerms
    private var entries: [PriceKey: Entry] = [:]
    /// Prices in the order in which they were given.
    private var order = CircularBuffer<(key: PriceKey, turn: UInt64)>()
    private var lastTurn: UInt64 = 0

    package init(_ terms: CacheTerms) {
        self.terms = terms
    }

    package var count: Int { entries.count }

    package mutating func step(for key: PriceKey, _ waiter: @autoclosure () -> Waiter, at now: NIODeadline) -> Step {
        var entry = entries[key] ?? Entry(turn: 0)
        if let price = entry.price, now - price.since < TimeAmount(terms.lifetime) {
            return .known(price.amount)
        }
        let isAsked = entry.waiters != nil
        entry.waiters = (entry.waiters ?? []) + [waiter()]
        entries[key] = entry
        return isAsked ? .wait : .ask
    }

    /// - Parameter amount: `nil`: the server has given none that counts.
    package mutating func answered(_ key: PriceKey, with amount: Amount?, at now: NIODeadline) -> Settlement {
        guard var entry = entries[key] else { return Settlement(waiters: []) }
        let waiters = entry.waiters ?? []
        entry.waiters = nil
        guard let amount else {
            guard let price = entry.price, now - price.since < TimeAmount(terms.lifetime + terms.grace) else {
                entries[key] = nil
                return Settlement(waiters: waiters)
            }
            entries[key] = entry
            return Settlement(waiters: waiters, stale: price.amount)
        }
        lastTurn += 1
        entry.price = (amount, now)
        entry.turn = lastTurn
        entries[key] = entry
        order.append((key, lastTurn))
        makeRoom()
        return Settlement(waiters: waiters)
    }

    /// The oldest price goes first; one that is being asked for again is kept until it was.
    private mutating func makeRoom() {
        while order.count > terms.count, let oldest = order.popFirst() {
            guard var entry = entries[oldest.key], entry.turn == oldest.turn else { continue }
            if entry.waiters == nil {
                entries[oldest.key] = nil
            } else {
                entry.price = nil
                entries[oldest.key] = entry
            }
        }
    }
}
