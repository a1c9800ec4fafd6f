extension Duration {
    private static var policyUnits: [(name: String, nanoseconds: UInt64)] {
        [
            ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
            ("ms", 1_000_000), ("us", 1_000),
        ]
    }

    /// Reads `200ms`, `60s`, `5m`, `1h` or `30d`; `nil` for anything else, and for more than a century.
    public init?(parsing text: some StringProtocol) {
        guard let (count, unit) = Quantity.split(text),
            let size = Self.policyUnits.first(where: { $0.name == unit })?.nanoseconds
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, product <= 100 * 365 * 86_400_000_000_000 else { return nil }
        self = .nanoseconds(Int64(product))
    }

    /// `60s`, `200ms`: the largest unit that is exact. The form that policy files use.
    public var formattedForPolicy: String {
        let (product, first) = UInt64(max(0, components.seconds)).multipliedReportingOverflow(by: 1_000_000_000)
        let (nanoseconds, second) = product.addingReportingOverflow(
            UInt64(max(0, components.attoseconds)) / 1_000_000_000
        )
        guard !first, !second else { return "\(components.seconds)s" }
        guard nanoseconds > 0 else { return "0s" }
        let unit = Self.policyUnits.first { nanoseconds % $0.nanoseconds == 0 } ?? ("us", 1_000)
        return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
    }

    /// Whole seconds, rounded up. For `Retry-After`, which must not promise too early (RFC 9110 §10.2.3).
    public var secondsRoundedUp: Int64 {
        let (sum, overflow) = components.seconds.addingReportingOverflow(components.attoseconds > 0 ? 1 : 0)
        return overflow ? .max : sum
    }
}
