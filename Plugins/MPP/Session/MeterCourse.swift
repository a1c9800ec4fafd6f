internal import GatewayKit

/// Counts what of a metered response is paid for, and how much to pay ahead. A value that knows no clock and no account.
///
/// Costs are counted in parts of a unit: an event is a whole one, a byte is one of as many as the unit has. Nothing is
/// delivered that it does not cover.
package struct MeterCourse: Sendable {
    /// What a unit is divided into.
    package let partsOfUnit: UInt64
    /// Units that were taken from the account and not given back.
    package private(set) var paid: UInt64
    /// Parts that are paid for and not delivered.
    package private(set) var credit: UInt64
    /// Parts that were delivered.
    package private(set) var delivered: UInt64 = 0
    /// Units to pay at once at the least: more while the response comes fast, so that not each event costs a transaction.
    private var ahead: UInt64 = 1

    /// Units that one response pays ahead at the most: as many are lost if the gateway stops without an end.
    package static let mostAhead: UInt64 = 32
    /// Debits that follow each other within this time are too many.
    private static let fast = Duration.milliseconds(250)
    private static let slow = Duration.seconds(1)

    /// - Parameter reserved: units that were taken already.
    package init(partsOfUnit: UInt64, reserved: Int64) {
        self.partsOfUnit = max(1, partsOfUnit)
        paid = UInt64(max(0, reserved))
        credit = paid.multipliedReportingOverflow(by: self.partsOfUnit).partialValue
    }

    package func covers(_ cost: UInt64) -> Bool { cost <= credit }

    /// Call it only for what is covered.
    package mutating func deliver(_ cost: UInt64) {
        let cost = min(cost, credit)
        credit -= cost
        delivered += cost
    }

    /// Whole units that are missing for this cost.
    package func missing(for cost: UInt64) -> UInt64 {
        guard cost > credit else { return 0 }
        return Self.roundedUp(cost - credit, partsOfUnit)
    }

    /// How many units to pay now.
    ///
    /// - Parameters:
    ///   - next: what is delivered next.
    ///   - waiting: all that has come, `next` included.
    ///   - pause: since the last debit; `nil` for the first one.
    ///   - affordable: units that were left when the account was last heard of; at least what `next` is missing is asked for
    ///     all the same.
    package mutating func units(next: UInt64, waiting: UInt64, after pause: Duration?, affordable: UInt64?) -> UInt64 {
        if let pause, pause < Self.fast {
            ahead = min(ahead * 2, Self.mostAhead)
        } else if let pause, pause < Self.slow {
            // As it is.
        } else {
            ahead = 1
        }
        // Others spend the same deposit: what is paid ahead becomes less towards its end.
        let share = affordable.map { max(1, $0 / 4) } ?? ahead
        let wanted = max(missing(for: waiting), min(ahead, share))
        return max(missing(for: next), min(wanted, affordable ?? wanted))
    }

    package mutating func taken(_ units: UInt64) {
        paid += units
        credit += units.multipliedReportingOverflow(by: partsOfUnit).partialValue
    }

    /// Whole units that nobody needs once `cost` is delivered, too. The first unit is the request's, whatever came of it.
    package func surplus(beyond cost: UInt64) -> UInt64 {
        guard credit > cost, paid > 1 else { return 0 }
        return min((credit - cost) / partsOfUnit, paid - 1)
    }

    /// They were given back.
    package mutating func returned(_ units: UInt64) {
        paid -= min(units, paid)
        credit -= min(units * partsOfUnit, credit)
    }

    /// Units that are delivered, with those that have begun, once `cost` is, too.
    package func units(with cost: UInt64) -> UInt64 {
        Self.roundedUp(delivered + cost, partsOfUnit)
    }

    private static func roundedUp(_ parts: UInt64, _ size: UInt64) -> UInt64 {
        parts / size + (parts % size == 0 ? 0 : 1)
    }
}
