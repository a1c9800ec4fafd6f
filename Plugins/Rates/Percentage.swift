internal import GatewayKit

/// A share of something, exact to a hundredth of a percent: `2%`, `0.5%`.
package struct Percentage: Sendable, Hashable {
    static let two = Percentage(basisPoints: 200)

    /// Ten thousandths, 0...10 000.
    package let basisPoints: UInt64

    private init(basisPoints: UInt64) {
        self.basisPoints = basisPoints
    }

    /// `nil` for what is no such share, or more than all.
    package init?(parsing text: String) {
        guard text.hasSuffix("%"), let number = ExactDecimal(parsing: text.dropLast()), number.scale <= 2,
            number.coefficient <= 10_000
        else { return nil }
        let points = number.coefficient * (number.scale == 0 ? 100 : number.scale == 1 ? 10 : 1)
        guard points <= 10_000 else { return nil }
        basisPoints = points
    }

    /// True where the larger number lies above the smaller one by more than this share of that. What is too large to be
    /// compared does, too.
    func isExceeded(by larger: ExactDecimal, above smaller: ExactDecimal) -> Bool {
        let (large, small) = ExactDecimal.aligned(larger, smaller)
        guard large > small else { return false }
        let difference = (large - small).multipliedReportingOverflow(by: 10_000)
        let most = small.multipliedReportingOverflow(by: UInt128(basisPoints))
        return difference.overflow || most.overflow || difference.partialValue > most.partialValue
    }
}

extension Percentage: CustomStringConvertible {
    package var description: String {
        let (whole, rest) = basisPoints.quotientAndRemainder(dividingBy: 100)
        guard rest > 0 else { return "\(whole)%" }
        return rest % 10 == 0 ? "\(whole).\(rest / 10)%" : "\(whole).\(rest < 10 ? "0" : "")\(rest)%"
    }
}
