/// Makes one row of lnd's settlements out of what several subscriptions tell: each once, in their order, none left out.
///
/// lnd counts settlements from 1 without a gap; so what comes early was overtaken, or something between was lost on the way.
/// A value: no clock, no chance, no lock.
package struct LndOrder: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        /// It is the next one.
        case next
        /// It was told before.
        case known
        /// Something between is missing: to be asked for, by another subscription from `last`.
        case gap
    }

    /// The index of the last settlement that was told.
    package private(set) var last: UInt64
    /// Behind which something was missing in two subscriptions: a settlement that lnd itself does not have any more.
    private var missingBehind: UInt64?

    package init(last: UInt64) {
        self.last = last
    }

    package mutating func step(to index: UInt64) -> Step {
        guard index > last else { return .known }
        if index - last > 1, missingBehind != last {
            missingBehind = last
            return .gap
        }
        last = index
        return .next
    }
}
