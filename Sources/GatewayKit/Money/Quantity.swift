/// A number and the unit behind it, as policy files write them: `10 sat`, `200ms`, `16 KiB`.
package enum Quantity {
    /// The whole number and the unit, with or without a space between; `nil` when either is missing or too large.
    package static func split(_ text: some StringProtocol) -> (count: UInt64, unit: String)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = UInt64(digits) else { return nil }
        let rest = text[digits.endIndex...]
        let unit = rest.drop { $0 == " " }
        guard !unit.isEmpty, rest.count - unit.count <= 1 else { return nil }
        return (count, String(unit))
    }
}
