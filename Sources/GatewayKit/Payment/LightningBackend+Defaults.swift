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

    public func settlements(
        behind cursor: SettlementCursor,
        of payment: PaymentHash
    ) -> AsyncThrowingStream<Settlement, any Error> { settlements(since: cursor) }

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

extension LightningBackend {
    /// The settlements from where somebody stood.
    ///
    /// - Parameter payment: what was told with the cursor; `nil` where that is not known.
    package func settlements(
        since cursor: SettlementCursor?,
        of payment: PaymentHash?
    ) -> AsyncThrowingStream<Settlement, any Error> {
        guard let cursor, let payment else { return settlements(since: cursor) }
        return settlements(behind: cursor, of: payment)
    }
}
