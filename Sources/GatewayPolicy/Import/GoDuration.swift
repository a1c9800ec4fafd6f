internal import GatewayKit

/// Durations as Go writes them: `1m30s`, `20ms`.
enum GoDuration {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ]

    /// `nil` for anything else, and for what is not longer than zero.
    static func parsed(_ text: String) -> Duration? {
        var rest = text[...]
        var sum: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !($0.isASCII && $0.isNumber) }
            rest = rest.dropFirst(name.count)
            guard let count = Int64(digits), let unit = units.first(where: { $0.name == name })?.nanoseconds else {
                return nil
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: unit)
            let (total, second) = sum.addingReportingOverflow(product)
            guard !overflow, !second else { return nil }
            sum = total
        }
        return sum > 0 ? .nanoseconds(sum) : nil
    }
}
