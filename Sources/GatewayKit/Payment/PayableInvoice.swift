/// An invoice that this node could pay.
public struct PayableInvoice: Hashable, Sendable {
    public let payment: PaymentHash
    /// `nil`: the payer chooses.
    public let amount: Amount?
    public let expiresAt: WallTime

    public init(payment: PaymentHash, amount: Amount?, expiresAt: WallTime) {
        self.payment = payment
        self.amount = amount
        self.expiresAt = expiresAt
    }
}
