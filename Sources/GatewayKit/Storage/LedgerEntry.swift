/// One movement of money, or of a promise of it, as the books of a store keep it.
public struct LedgerEntry: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// An invoice was given out.
        case quote
        /// The node says that it was paid.
        case settlement
        /// A payment was taken for a purpose, for good unless it is released.
        case claim
        /// A payment that is taken went over to another purpose: a charge that is served.
        case move
        /// A payment that bought nothing was given back, and may be claimed anew.
        case release
        /// Money came into a session.
        case credit
        /// An amount was taken from a session, or from a bundle whose balance the store keeps.
        case debit
        /// An amount that bought nothing went back to its session.
        case giveBack = "give-back"
        /// A session has ended; the amount is what was left.
        case close
        /// What was left of a session was paid back.
        case refund
    }

    public var kind: Kind
    public var time: WallTime
    public var amount: Amount
    /// Of an entry about a session: the payment that opened it, but for a top-up's own.
    public var payment: PaymentHash
    /// Empty where nobody knows it: an invoice that was forgotten, or given out by another process just now.
    public var service: String
    /// Where it was asked for or, for what a session spends as it goes, where that was opened.
    public var route: String
    /// The exchange that was asked to pay; `nil` where nobody knows it.
    public var quote: ExchangeID?
    public var credential: CredentialID?
    /// What the kind does not say: a purpose, how a price was converted, what a refund has cost. Never a secret.
    public var detail: String

    public init(
        _ kind: Kind,
        of amount: Amount,
        payment: PaymentHash,
        at time: WallTime,
        service: String = "",
        route: String = "",
        quote: ExchangeID? = nil,
        credential: CredentialID? = nil,
        detail: String = ""
    ) {
        self.kind = kind
        self.amount = amount
        self.payment = payment
        self.time = time
        self.service = service
        self.route = route
        self.quote = quote
        self.credential = credential
        self.detail = detail
    }

    /// The chain that it belongs to: quotes, of which many come to nothing and which are forgotten earlier, and money.
    public var chain: String { kind == .quote ? LedgerChain.quotes : LedgerChain.money }
}
