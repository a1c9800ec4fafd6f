/// Money that a client has deposited, and what was spent of it.
///
/// At any time the deposits are what was spent, what was paid back and what is left (``balance``).
public struct Session: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable {
        case open
        /// What is left is being paid back: tried again until it succeeds or is given up.
        case closing
        /// Nothing is left to be done: what was left is paid back, or there was nothing.
        case closed
        /// What is left could not be paid back, and nobody tries any more.
        case givenUp = "given-up"
    }

    public enum Ending: String, Hashable, Sendable, CaseIterable {
        case client, idle
        /// A response waited for a top-up that did not come.
        case timeout
    }

    /// The hash of the payment that opened it.
    public let id: PaymentHash
    /// What it may be spent on.
    public let service: String
    /// Of a unit.
    public let price: Amount
    /// BOLT 11, without an amount: where what is left is paid to.
    public let returnInvoice: String
    public let returnPayment: PaymentHash
    /// What paying it back may cost.
    public let refundFee: RefundFee
    /// Of a secret that only the client has; `nil` where the deposit's preimage is all that a client needs.
    public let secretHash: Bytes32?
    /// After so long without a use it is closed.
    public let idleTimeout: Duration
    public let openedAt: WallTime
    /// With everything that was added since.
    public var deposit: Amount
    public var spent: Amount
    public var usedAt: WallTime
    public var state: State
    public var ending: Ending?
    public var closedAt: WallTime?
    /// How often paying back was tried.
    public var refundAttempts: Int
    /// When it may be tried (again); `nil` unless it is closing.
    public var refundDueAt: WallTime?
    /// What paying it back has cost.
    public var refundCost: Amount

    public init(
        id: PaymentHash,
        service: String,
        price: Amount,
        deposit: Amount,
        spent: Amount,
        returnInvoice: String,
        returnPayment: PaymentHash,
        refundFee: RefundFee,
        secretHash: Bytes32?,
        idleTimeout: Duration,
        openedAt: WallTime
    ) {
        self.id = id
        self.service = service
        self.price = price
        self.deposit = deposit
        self.spent = spent
        self.returnInvoice = returnInvoice
        self.returnPayment = returnPayment
        self.refundFee = refundFee
        self.secretHash = secretHash
        self.idleTimeout = idleTimeout
        self.openedAt = openedAt
        usedAt = openedAt
        state = .open
        refundAttempts = 0
        refundCost = .zero
    }

    /// What was neither spent nor paid back.
    public var balance: Amount { state == .closed ? .zero : rest }

    /// What was paid back.
    public var refunded: Amount { state == .closed ? rest : .zero }

    /// What was not spent: from its end on what is to be paid back, or was.
    public var rest: Amount { deposit.subtracting(spent) ?? .zero }

    public var idleAt: WallTime { usedAt.advanced(by: idleTimeout) }
}
