/// A backend that has another one do what it does not do itself.
package protocol ForwardingBackend: LightningBackend {
    /// Who does the rest.
    var base: any LightningBackend { get }
}

extension ForwardingBackend {
    package var capabilities: LightningCapabilities { base.capabilities }
    package var preimageExposure: PreimageExposure { base.preimageExposure }
    package var boundsFees: Bool { base.boundsFees }
    package var isAttended: Bool { base.isAttended }
    package var memberNames: [String] { base.memberNames }
    package var localServices: [LocalService] { base.localServices }

    package func members(_ names: [String]) -> (any LightningBackend)? {
        if names.isEmpty { return self }
        return base.members(names)
    }
    package func start() async throws { try await base.start() }
    package func stop() async { await base.stop() }
    package func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        try await base.makeInvoice(for: amount, memo: memo, expiresIn: expiresIn)
    }
    package func isSettled(_ payment: PaymentHash) async throws -> Bool { try await base.isSettled(payment) }
    package func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        try await base.invoiceState(payment)
    }
    package func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        base.settlements(since: cursor)
    }
    package func settlements(
        behind cursor: SettlementCursor,
        of payment: PaymentHash
    ) -> AsyncThrowingStream<Settlement, any Error> {
        base.settlements(behind: cursor, of: payment)
    }
    package func settlementsEnd() async throws -> SettlementCursor { try await base.settlementsEnd() }
    package func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
        try await base.pay(bolt11, amount: amount, feeLimit: feeLimit, patience: patience)
    }
    package func payment(_ payment: PaymentHash) async throws -> PaymentState { try await base.payment(payment) }
    package func read(_ bolt11: String) throws -> PayableInvoice { try base.read(bolt11) }
    package func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        try await base.makeHoldInvoice(for: amount, payment: payment, memo: memo, expiresIn: expiresIn)
    }
    package func settleInvoice(with preimage: Preimage) async throws { try await base.settleInvoice(with: preimage) }
    package func cancelInvoice(_ payment: PaymentHash) async throws { try await base.cancelInvoice(payment) }
    package func probe() async throws { try await base.probe() }
    package func findings() async -> [String] { await base.findings() }
}
