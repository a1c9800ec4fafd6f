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

    /// Pays an invoice from the node's own funds.
    func pay(_ bolt11: String, feeLimit: Amount) async throws -> Payment
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
