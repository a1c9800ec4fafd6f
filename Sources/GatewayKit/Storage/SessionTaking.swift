/// An amount to be taken from a session.
public struct SessionTaking: Hashable, Sendable {
    public let session: PaymentHash
    public let amount: Amount
    public let time: WallTime
    /// `nil` for what a credential that was taken before goes on to spend.
    public let action: SessionAction?

    public init(session: PaymentHash, amount: Amount, time: WallTime, action: SessionAction? = nil) {
        self.session = session
        self.amount = amount
        self.time = time
        self.action = action
    }
}
