internal import GatewayKit
internal import HTTPTypes
internal import Logging

// The answers where there is no invoice.
extension PriceStage {
    /// There is no 402 without an invoice. The client learns when to come back and nothing about the node.
    ///
    /// - Throws: a `Reply`, when a scheme gave one of its own.
    static func cannotSell(_ error: any Error, in exchange: Exchange) throws -> Reply {
        if let reply = error as? Reply { throw reply }
        if let refusal = error as? InvoiceBudget.Refusal { return Self.refusal(of: refusal) }
        // While a node is away that is told once, by who attends it.
        let isAway = (error as? LightningFailure)?.reason == .unavailable
        exchange.logger.log(
            level: isAway ? .debug : .error,
            "cannot ask for a payment",
            metadata: ["reason": "\(error)"]
        )
        return unsellable(for: "5")
    }

    private static func unsellable(for seconds: String) -> Reply {
        var reply = Reply(
            .serviceUnavailable,
            Problem.payment(
                "internal-payment-error",
                title: "Internal Payment Error",
                detail: "payments cannot be taken right now; please try again later"
            )
        )
        reply.fields.add(.retryAfter, seconds)
        return reply
    }

    private static func refusal(of refusal: InvoiceBudget.Refusal) -> Reply {
        switch refusal {
        case .busy: return unsellable(for: "1")
        case .full: return unsellable(for: "30")
        case .client:
            var reply = Reply(
                .tooManyRequests,
                detail:
                    "too much that was asked for from this address or its network was not paid for; pay, or come back later"
            )
            reply.fields.add(.retryAfter, "60")
            return reply
        }
    }
}
