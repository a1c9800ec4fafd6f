/// A number of tokens, as policies write it: `1M`, `500k` or `4096`.
package struct TokenCount: Hashable, Sendable {
    package let count: UInt64

    package init(_ count: UInt64) {
        self.count = count
    }

    /// No response uses more, and products of it with prices stay in bounds.
    package static let most: UInt64 = 1_000_000_000_000

    package static let form = "a number of tokens such as 4096, 500k or 1M"

    package init?(parsing text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let size: UInt64
        switch text[digits.endIndex...] {
        case "": size = 1
        case "k": size = 1_000
        case "M": size = 1_000_000
        default: return nil
        }
        guard let number = UInt64(digits) else { return nil }
        let (count, overflow) = number.multipliedReportingOverflow(by: size)
        guard !overflow, count <= Self.most else { return nil }
        self.count = count
    }
}

extension TokenCount: CustomStringConvertible {
    package var description: String {
        if count > 0, count % 1_000_000 == 0 { return "\(count / 1_000_000)M" }
        return count > 0 && count % 1_000 == 0 ? "\(count / 1_000)k" : "\(count)"
    }
}
