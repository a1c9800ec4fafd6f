package import GatewayKit

/// A payment that a node lists by when it arrived.
package struct ArrivedPayment: Hashable, Sendable {
    package let payment: PaymentHash
    package let amount: Amount
    /// When, in the unit of the node's list.
    package let tick: UInt64
    package let arrivedAt: WallTime

    package init(payment: PaymentHash, amount: Amount, tick: UInt64, arrivedAt: WallTime) {
        self.payment = payment
        self.amount = amount
        self.tick = tick
        self.arrivedAt = arrivedAt
    }
}
