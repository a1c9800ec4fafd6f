/// A credential that does something to a session once. It is written down together with its effect, so that whoever
/// presents it again is told what became of it.
public struct SessionAction: Hashable, Sendable {
    /// Names the credential's challenge: of two credentials with one challenge the first counts.
    public let challenge: Bytes32
    /// Of the whole credential.
    public let fingerprint: Bytes32
    /// Until when it is kept at least.
    public let end: WallTime

    public init(challenge: Bytes32, fingerprint: Bytes32, end: WallTime) {
        self.challenge = challenge
        self.fingerprint = fingerprint
        self.end = end
    }
}

/// What became of a credential's action.
public enum SessionChange: Hashable, Sendable {
    /// Done, and written down; the session as it is now.
    case done(Session)
    /// The same credential has done it before; what was answered then, where that was noted.
    case repeated(Session, answer: String?)
    /// Another credential has used the challenge.
    case challengeUsed
    /// There is no such session.
    case unknown
    /// The session has ended.
    case ended(Session)
    /// Less is left than was asked for.
    case insufficient(Session)
    /// The payment has bought something else.
    case foreignPayment
    /// What is left of another session goes to the same invoice, which can be paid once.
    case returnInvoiceUsed
}

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

/// How an attempt to pay back what was left of a session has ended.
public enum RefundOutcome: Hashable, Sendable {
    case paid(cost: Amount)
    /// Not yet: to be tried again then.
    case failed(retryAt: WallTime)
    case givenUp
}
