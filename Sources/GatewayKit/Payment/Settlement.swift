/// Where a backend's stream of settlements stands; only the backend itself knows what it means.
public struct SettlementCursor: Hashable, Sendable {
    public let position: UInt64

    /// Of a node that does not say where it stands: its stream begins with what arrives next, and whoever follows it asks for
    /// what arrived before that by its hash.
    public static let next = SettlementCursor(position: .max)

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
