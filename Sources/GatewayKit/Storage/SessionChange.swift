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
