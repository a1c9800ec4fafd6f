package import GatewayKit

/// What tokens cost: an amount for so many of them, `1 msat` for each or `150 sat/1M`.
package struct TokenRate: Hashable, Sendable {
    package let amount: Amount
    /// At least 1.
    package let tokens: UInt64

    package init(_ amount: Amount, per tokens: UInt64 = 1) {
        self.amount = amount
        self.tokens = max(1, tokens)
    }

    package static let form = "an amount for each token such as 1 msat, or for many such as 150 sat/1M"

    /// `nil` for anything but what `form` says.
    package init?(parsing text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let amount = Amount(parsing: first) else { return nil }
        guard parts.count == 2 else {
            self.init(amount)
            return
        }
        guard let tokens = TokenCount(parsing: parts[1]), tokens.count > 0 else { return nil }
        self.init(amount, per: tokens.count)
    }

    /// What tokens of two directions cost together: exact, and rounded up to a millisatoshi once. More than there is
    /// bitcoin is as much as there is.
    package static func cost(
        of input: UInt64,
        at inputRate: TokenRate,
        and output: UInt64,
        at outputRate: TokenRate
    ) -> Amount {
        // Over the common denominator of both rates.
        let first = UInt128(input).multipliedReportingOverflow(by: inputRate.weight(over: outputRate))
        let second = UInt128(output).multipliedReportingOverflow(by: outputRate.weight(over: inputRate))
        let (sum, overflow) = first.partialValue.addingReportingOverflow(second.partialValue)
        guard !first.overflow, !second.overflow, !overflow else { return .maximum }
        let (quotient, rest) = sum.quotientAndRemainder(
            dividingBy: UInt128(inputRate.tokens) * UInt128(outputRate.tokens)
        )
        guard let millisatoshis = UInt64(exactly: quotient), millisatoshis < Amount.maximum.millisatoshis else {
            return .maximum
        }
        return Amount(millisatoshis: millisatoshis + (rest > 0 ? 1 : 0))
    }

    private func weight(over other: TokenRate) -> UInt128 {
        UInt128(amount.millisatoshis) * UInt128(other.tokens)
    }
}

extension TokenRate: CustomStringConvertible {
    package var description: String {
        tokens == 1 ? amount.description : "\(amount)/\(TokenCount(tokens))"
    }
}
