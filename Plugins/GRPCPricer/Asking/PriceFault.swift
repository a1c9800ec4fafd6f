package import GatewayKit
package import GatewayRPC

/// Why there is no price.
package enum PriceFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// Below zero.
    case negative(Int64)
    /// More satoshis than there are.
    case absurd(Int64)
    /// Above `max`.
    case tooHigh(Amount, most: Amount)
    /// There was no answer, or none that is a price.
    case failed(ServiceFailure.Reason, String)

    package init(_ failure: ServiceFailure) {
        self = .failed(failure.reason, failure.description)
    }

    package var description: String {
        switch self {
        case .negative(let satoshis): "the price server wants \(satoshis) sat, which is no price"
        case .absurd(let satoshis): "the price server wants \(satoshis) sat, which is more than there are"
        case .tooHigh(let amount, let most): "the price server wants \(amount), and 'max' is \(most)"
        case .failed(_, let description): description
        }
    }

    /// By which it is counted.
    package var name: PriceCounts.Name {
        switch self {
        case .negative, .absurd: .wrong
        case .tooHigh: .tooHigh
        case .failed(.malformed, _): .wrong
        case .failed(.timedOut, _): .timedOut
        case .failed(.breakerOpen, _): .leftAlone
        case .failed(.refused, _): .refusedByServer
        case .failed: .unreachable
        }
    }

    /// True for an answer that no price server should give: an operator hears of it as an error.
    package var isWrong: Bool { name == .wrong || name == .tooHigh }
}
