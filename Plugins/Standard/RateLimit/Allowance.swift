package import GatewayKit

/// How much a bucket holds and how fast it refills.
///
/// Counts in the largest unit in which both a request and a nanosecond's refill are whole numbers, so nothing is ever
/// rounded and nothing drifts.
package struct Allowance: Sendable {
    /// Of one request.
    let cost: UInt64
    /// In one nanosecond.
    let gain: UInt64
    /// Of `burst` requests.
    let capacity: UInt64

    /// `nil` when such a bucket cannot be counted in 64 bits, or `burst` is below 1.
    package init?(_ rate: Rate, burst: Int) {
        let (seconds, attoseconds) = rate.period.components
        let (wholeSeconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (period, sumOverflow) = wholeSeconds.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard !overflow, !sumOverflow, attoseconds % 1_000_000_000 == 0, period > 0, burst >= 1 else { return nil }
        let divisor = Self.greatestCommonDivisor(UInt64(rate.count), UInt64(period))
        cost = UInt64(period) / divisor
        gain = UInt64(rate.count) / divisor
        let (capacity, capacityOverflow) = cost.multipliedReportingOverflow(by: UInt64(burst))
        guard !capacityOverflow else { return nil }
        self.capacity = capacity
    }

    private static func greatestCommonDivisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
        var (first, second) = (first, second)
        while second != 0 {
            (first, second) = (second, first % second)
        }
        return first
    }
}
