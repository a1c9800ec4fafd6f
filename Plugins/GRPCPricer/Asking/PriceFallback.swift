package import GatewayKit
internal import HTTPTypes

/// What a request costs for which a price server gives no price.
package enum PriceFallback: Sendable, Hashable, CustomStringConvertible {
    /// Nothing is sold, and nothing given away.
    case refuse
    /// `.zero`: it is free.
    case price(Amount)

    /// `fallback: 20 sat`, `refuse` or `free`.
    init(from settings: inout PolicyReader) {
        self = settings.value(
            "fallback",
            or: .refuse,
            placeholder: .refuse,
            expected: "refuse, free or an amount such as 20 sat"
        ) { PriceFallback(parsing: $0) }
    }

    package init?(parsing text: String) {
        switch text {
        case "refuse": self = .refuse
        case "free": self = .price(.zero)
        default:
            guard let amount = Amount(parsing: text) else { return nil }
            self = .price(amount)
        }
    }

    package var description: String {
        switch self {
        case .refuse: "refuse"
        case .price(.zero): "free"
        case .price(let amount): "\(amount)"
        }
    }

    /// What a client is told where there is no price.
    package static var refusal: Reply {
        var reply = Reply(
            .serviceUnavailable,
            Problem.payment(
                "internal-payment-error",
                title: "Internal Payment Error",
                detail: "there is no price for this right now; please try again later"
            )
        )
        reply.fields.add(.retryAfter, "5")
        return reply
    }
}
