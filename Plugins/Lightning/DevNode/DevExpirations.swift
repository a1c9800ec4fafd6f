internal import GatewayKit

/// When the unpaid invoices of the development node may be forgotten, which it does a few at a time. A value: whoever
/// keeps it guards it.
///
/// Kept by the hour, so that one that is good for a year does not hold up the others; about 40 bytes for each invoice.
struct DevExpirations {
    /// From the end of an invoice until it may be forgotten, to the hour.
    private static let delay = Duration.seconds(24 * 3_600)

    private var payments: [Int64: [PaymentHash]] = [:]

    private static func hour(of time: WallTime) -> Int64 {
        time.seconds / 3_600
    }

    mutating func add(_ invoice: Invoice) {
        // The hour in which it ends is over before it counts.
        payments[Self.hour(of: invoice.expiresAt.advanced(by: Self.delay)) + 1, default: []].append(invoice.paymentHash)
    }

    /// Removes and returns some that may be forgotten now, `limit` at the most.
    mutating func take(_ limit: Int, at now: WallTime) -> [PaymentHash] {
        var taken = [PaymentHash]()
        while taken.count < limit, let hour = payments.keys.min(), hour <= Self.hour(of: now) {
            let count = min(limit - taken.count, payments[hour]?.count ?? 0)
            taken += payments[hour]?.suffix(count) ?? []
            payments[hour]?.removeLast(count)
            if payments[hour]?.isEmpty != false { payments[hour] = nil }
        }
        return taken
    }

    /// True for one that is not worth writing any more.
    static func isPast(_ invoice: Invoice, at now: WallTime) -> Bool {
        hour(of: invoice.expiresAt.advanced(by: delay)) < hour(of: now)
    }
}
