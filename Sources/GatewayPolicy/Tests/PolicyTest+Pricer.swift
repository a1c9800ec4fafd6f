internal import GatewayKit

extension PolicyTest {
    /// What price servers answer.
    package enum PricerAnswer: Sendable, Hashable {
        /// Whatever it is.
        case satoshis(Int64)
        case failure(PricerFailure)
    }

    package enum PricerFailure: String, Sendable, CaseIterable {
        /// It cannot be reached.
        case down
        /// It does not answer in time.
        case slow
        /// It does not want to say a price.
        case refused
    }
}

extension PolicyTest.PricerAnswer {
    private static let wrong = "wrong"

    private static let words = [wrong] + PolicyTest.PricerFailure.allCases.map(\.rawValue)

    package static let form = "whole satoshis such as 10 sat, or one of \(words.joined(separator: ", "))"

    /// `10 sat`, a word for what goes wrong, or `wrong` for a price that is none.
    package init?(parsing text: String) {
        if text == Self.wrong {
            self = .satoshis(-1)
        } else if let failure = PolicyTest.PricerFailure(rawValue: text) {
            self = .failure(failure)
        } else {
            guard let amount = Amount(parsing: text), amount.millisatoshis % 1_000 == 0 else { return nil }
            self = .satoshis(Int64(clamping: amount.millisatoshis / 1_000))
        }
    }
}
