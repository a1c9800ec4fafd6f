internal import GatewayKit
internal import Lightning
internal import MPP

/// An offer to be served once for one payment: the scheme `Payment`, method `lightning`, intent `charge`.
struct ChargeOffer {
    let challenge: PaymentChallenge
    let invoice: Bolt11Invoice
    let amount: Amount

    /// The first that can be taken; `nil` when there is none.
    ///
    /// - Throws: `CommandFailure` when paying it would buy nothing.
    init?(in lines: [String], at time: WallTime) throws {
        let found = ChallengeLine.challenges(in: lines).first { challenge in
            challenge.method == "lightning" && challenge.intent == "charge"
                && (challenge.header == nil || challenge.header == PaymentChallenge.otherField)
        }
        guard let challenge = found else { return nil }
        let request = try? challenge.requestObject()
        guard let request, let details = request["methodDetails"], let text = details["invoice"]?.text,
            let invoice = try? Bolt11Invoice(decoding: text), let amount = invoice.amount
        else { throw CommandFailure(.refused, "the server's offer has no invoice that can be paid") }
        guard request["currency"]?.text == "sat", request["amount"]?.text == String(amount.satoshisRoundedUp),
            details["paymentHash"]?.text ?? invoice.paymentHash.description == invoice.paymentHash.description
        else { throw CommandFailure(.refused, "the server's offer is not what its invoice asks for") }
        let end = challenge.expires.flatMap { Timestamp.time($0) } ?? invoice.expiresAt
        guard min(end, invoice.expiresAt) > time else {
            throw CommandFailure(.refused, "the server's offer has expired already")
        }
        self.challenge = challenge
        self.invoice = invoice
        self.amount = amount
    }
}
