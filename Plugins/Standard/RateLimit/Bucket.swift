/// A token bucket: what was taken from it and has not come back yet. A new one is full.
package struct Bucket: Sendable {
    /// 0...`capacity`, in the unit of the `Allowance`.
    private var debt: UInt64 = 0
    /// Nanoseconds of uptime up to which the refill is counted.
    private var countedTo: UInt64

    package init(at now: UInt64) {
        countedTo = now
    }

    /// True when it holds all that it can: it is equal to a new one and need not be remembered.
    package var isFull: Bool { debt == 0 }

    /// Counts the refill up to now. A time before the last one changes nothing: threads read the clock before they
    /// queue for the lock.
    package mutating func refill(to now: UInt64, by allowance: Allowance) {
        guard now > countedTo else { return }
        let (gained, overflow) = (now - countedTo).multipliedReportingOverflow(by: allowance.gain)
        debt = overflow || gained >= debt ? 0 : debt - gained
        countedTo = now
    }

    /// How long until there is enough for one request; `nil` when there is.
    package func wait(of allowance: Allowance) -> Duration? {
        let mostDebt = allowance.capacity - allowance.cost
        guard debt > mostDebt else { return nil }
        let missing = debt - mostDebt
        let nanoseconds = missing / allowance.gain + (missing % allowance.gain == 0 ? 0 : 1)
        return .nanoseconds(Int64(clamping: nanoseconds))
    }

    /// Takes one request's worth. Only after `wait(of:)` has said that there is enough.
    package mutating func take(by allowance: Allowance) {
        debt += min(allowance.cost, allowance.capacity - debt)
    }
}
