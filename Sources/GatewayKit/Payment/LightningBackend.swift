/// A Lightning node or wallet that makes invoices.
public protocol LightningBackend: Startable {
    /// An invoice for at least `amount`: a node that knows only satoshis rounds up.
    ///
    /// - Throws: `LightningFailure` when the node cannot make one now; the client gets 503 and may come back.
    func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice

    /// True once the payment has arrived; false for one that is open, expired or unknown.
    func isSettled(_ payment: PaymentHash) async throws -> Bool

    /// Payments as they arrive, beginning with those after `cursor`; `nil` begins with the next one.
    /// Ends when the node can no longer be followed; the caller starts again where it stood.
    func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error>

    /// Pays an invoice from the node's own funds. A node pays one invoice once.
    ///
    /// - Parameters:
    ///   - bolt11: the invoice.
    ///   - amount: for an invoice that names none; `nil` for any other.
    ///   - feeLimit: what the way there may cost.
    ///   - patience: how long the node may look for a way. What is under way then may still arrive.
    /// - Throws: `LightningFailure`. After `refused` nothing was paid; after any other, `payment(_:)` knows.
    func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment

    /// What became of a payment that this node was told to make.
    func payment(_ payment: PaymentHash) async throws -> PaymentState

    /// Reads an invoice that somebody wants to be paid by. Asks nobody: checksum, signature and network are checked.
    ///
    /// - Throws: `LightningFailure` with what is wrong with it.
    func read(_ bolt11: String) throws -> PayableInvoice
}

extension LightningBackend {
    /// Pays an invoice that names its amount.
    public func pay(_ bolt11: String, feeLimit: Amount) async throws -> Payment {
        try await pay(bolt11, amount: nil, feeLimit: feeLimit, patience: .seconds(60))
    }
}

/// How far a payment is that this node was told to make.
public enum PaymentState: Hashable, Sendable {
    /// It was never begun, or has failed for good: to pay is safe.
    case unpaid
    case underWay
    case paid(Payment)
}

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

/// Where a backend's stream of settlements stands; only the backend itself knows what it means.
public struct SettlementCursor: Hashable, Sendable {
    public let position: UInt64

    public init(position: UInt64) {
        self.position = position
    }
}

public struct Settlement: Hashable, Sendable {
    public let payment: PaymentHash
    public let amount: Amount
    public let settledAt: WallTime
    public let cursor: SettlementCursor

    public init(payment: PaymentHash, amount: Amount, settledAt: WallTime, cursor: SettlementCursor) {
        self.payment = payment
        self.amount = amount
        self.settledAt = settledAt
        self.cursor = cursor
    }
}

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

/// Why a node did not do what was asked. The text is for the operator and never holds a preimage.
public struct LightningFailure: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// The node does not answer; asking again later may help.
        case unavailable
        /// The node answered no: no route, expired, already paid, not enough funds.
        case refused
        /// The node answered something that cannot be right.
        case malformed
    }

    public let reason: Reason
    public let description: String

    public init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
