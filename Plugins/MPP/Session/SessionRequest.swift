internal import GatewayKit

/// The `request` of a session (draft-lightning-session, "Challenge Request").
struct SessionRequest {
    /// Of a unit.
    let price: Amount
    let payment: PaymentHash
    let deposit: Amount

    /// - Returns: `nil` when the invoice is for less than a unit.
    static func value(of invoice: Invoice, price: Amount, terms: SessionTerms) -> JSONValue? {
        // What is credited is never more than what was paid.
        let deposit = invoice.amount.millisatoshis / 1_000
        let amount = price.satoshisRoundedUp
        guard amount > 0, deposit >= amount else { return nil }
        return .texts([
            ("amount", String(amount)),
            ("currency", "sat"),
            ("depositAmount", String(deposit)),
            ("depositInvoice", invoice.bolt11),
            ("idleTimeout", String(terms.idleTimeout.components.seconds)),
            ("paymentHash", invoice.paymentHash.description),
            // Not the draft's: clients ignore what they do not know.
            ("sessionMode", terms.secret == .bound ? terms.secret.rawValue : nil),
            ("unitType", terms.meter.unit),
        ])
    }

    /// Reads one of ours.
    init?(_ request: JSONValue) {
        guard let hash = request["paymentHash"]?.text.flatMap({ Bytes32(hex: $0) }),
            let price = request["amount"]?.text.flatMap(UInt64.init).flatMap(Amount.satoshis), price > .zero,
            let deposit = request["depositAmount"]?.text.flatMap(UInt64.init).flatMap(Amount.satoshis)
        else { return nil }
        payment = PaymentHash(hash)
        self.price = price
        self.deposit = deposit
    }
}
