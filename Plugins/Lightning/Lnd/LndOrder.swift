package import GatewayKit

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

    /// The index of the last settlement that was told; 0 where there was none, or where it is not known.
    package private(set) var last: UInt64
    /// Whose settlement that was; `nil` where that is not known.
    package private(set) var payment: PaymentHash?
    /// Whether the first that is told is the next one, whatever its index is.
    package private(set) var beginsAnywhere = false
    /// Behind which something was missing in two subscriptions: a settlement that lnd itself does not have any more.
    private var missingBehind: UInt64?

    package init(last: UInt64, payment: PaymentHash? = nil) {
        self.last = last
        self.payment = payment
    }

    /// For a node that does not say where it stands.
    private init() {
        last = 0
        beginsAnywhere = true
    }

    package static let unknown = LndOrder()

    package mutating func step(to index: UInt64, of payment: PaymentHash? = nil) -> Step {
        guard index > last else { return .known }
        if index - last > 1, missingBehind != last, !beginsAnywhere {
            missingBehind = last
            return .gap
        }
        last = index
        self.payment = payment
        beginsAnywhere = false
        return .next
    }
}
