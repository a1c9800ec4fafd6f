extension LightningBackend {
    /// As ``SettlementNews/isSettledSoon(_:at:)`` where nobody follows the node.
    public func isSettledSoon(_ payment: PaymentHash) async throws -> Bool {
        try await SettlementNews().isSettledSoon(payment, at: self)
    }
}
