/// Makes invoices whose payments are held until something was delivered for them: what somebody pays who learns of a delivery
/// otherwise than by the preimage, which is out once the payment is taken.
public protocol HoldingDesk: Sendable {
    /// An invoice of a node that holds payments (`LightningCapabilities.hold`). What settles it is kept before it is returned.
    ///
    /// - Throws: `LightningFailure`, and `StoreFailure` where it cannot be kept.
    func makeInvoice(
        by lightning: any LightningBackend,
        for amount: Amount,
        of service: String,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice

    /// How far a payment is, as its node says; `nil` for one whose invoice no desk has made, or that came to its end.
    func state(of payment: PaymentHash) async throws -> InvoiceState?
}
