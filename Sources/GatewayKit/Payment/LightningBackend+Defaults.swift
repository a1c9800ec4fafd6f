// Of a backend that makes invoices and nothing else. What it cannot do it refuses.
extension LightningBackend {
    public var capabilities: LightningCapabilities { [] }

    public var preimageExposure: PreimageExposure { .nobody }

    public var boundsFees: Bool { true }

    public var isAttended: Bool { false }

    public var memberNames: [String] { [] }

    public func members(_ names: [String]) -> (any LightningBackend)? {
        if names.isEmpty { return self }
        return nil
    }

    public func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        try await isSettled(payment) ? .settled : .open
    }

    public func settlementsEnd() async throws -> SettlementCursor { SettlementCursor(position: 0) }

    public func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        throw LightningFailure(.refused, "this node cannot hold payments")
    }

    public func settleInvoice(with preimage: Preimage) async throws {
        throw LightningFailure(.refused, "this node cannot hold payments")
    }

    public func cancelInvoice(_ payment: PaymentHash) async throws {
        throw LightningFailure(.refused, "this node cannot cancel invoices")
    }

    public func probe() async throws { _ = try await isSettled(PaymentHash(.random())) }

    public func findings() async -> [String] { [] }
}
