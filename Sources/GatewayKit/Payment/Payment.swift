/// A payment that this node made.
public struct Payment: Hashable, Sendable {
    public let preimage: Preimage
    public let amount: Amount
    public let fee: Amount

    public init(preimage: Preimage, amount: Amount, fee: Amount) {
        self.preimage = preimage
        self.amount = amount
        self.fee = fee
    }
}

/// How far a payment is that this node was told to make.
public enum PaymentState: Hashable, Sendable {
    /// It was never begun, or has failed for good: to pay is safe.
    case unpaid
    case underWay
    case paid(Payment)
}
