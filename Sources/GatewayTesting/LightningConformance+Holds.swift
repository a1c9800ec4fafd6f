internal import Crypto
internal import GatewayKit

extension LightningConformance {
    /// An invoice whose payment is held, and its preimage; `nil` where the backend cannot and says so.
    private func holdInvoice() async throws -> (invoice: Invoice, preimage: Preimage)? {
        let secret = Bytes32.random()
        guard let hash = Bytes32(SHA256.hash(data: secret.array)) else { throw ConformanceFailure("no hash") }
        let payment = PaymentHash(hash)
        guard backend.capabilities.contains(.hold) else {
            try await requireRefusal("a backend that does not hold payments should say so") {
                _ = try await backend.makeHoldInvoice(
                    for: Self.tenSatoshis,
                    payment: payment,
                    memo: Self.memo,
                    expiresIn: .seconds(600)
                )
            }
            return nil
        }
        let invoice = try await InvoiceCheck(time: time).holdInvoice(
            of: backend,
            for: Self.tenSatoshis,
            payment: payment,
            memo: Self.memo,
            expiresIn: .seconds(600)
        )
        return (invoice, Preimage(secret))
    }

    /// Waits for a node to say what its payer has set going: there is nothing else to wait for.
    private func require(_ state: InvoiceState, of payment: PaymentHash) async throws {
        var found = try await backend.invoiceState(payment)
        for _ in 0..<1_000 where found != state {
            try await Task.sleep(for: .milliseconds(5))
            found = try await backend.invoiceState(payment)
        }
        try require(found == state, "the state of the invoice should be \(state), not \(found)")
    }

    /// What is held is not settled until its preimage is given, and then it is, once.
    func holdsAreSettled() async throws {
        guard let (invoice, preimage) = try await holdInvoice() else { return }
        let payment = invoice.paymentHash
        try await requireRefusal("nothing is held before it is paid") {
            try await backend.settleInvoice(with: preimage)
        }
        async let paying: Void = pay(invoice)
        try await require(.held, of: payment)
        try require(try await !backend.isSettled(payment), "what is held should not be settled")
        try await requireFailure("another preimage should settle nothing") {
            try await backend.settleInvoice(with: Preimage(.random()))
        }
        try await backend.settleInvoice(with: preimage)
        try await paying
        try await require(.settled, of: payment)
        try require(try await backend.isSettled(payment), "what is settled should be so by all accounts")
        try await backend.settleInvoice(with: preimage)
        try await requireRefusal("what is settled should not be cancelled") { try await backend.cancelInvoice(payment) }
    }

    /// What is held goes back to its payer when it is cancelled, for good.
    func holdsAreCancelled() async throws {
        guard let (invoice, preimage) = try await holdInvoice() else { return }
        let payment = invoice.paymentHash
        async let paying: Void = pay(invoice)
        try await require(.held, of: payment)
        try await backend.cancelInvoice(payment)
        do {
            try await paying
        } catch {
            try await require(.ended, of: payment)
            try await backend.cancelInvoice(payment)
            try await requireRefusal("what is cancelled should not be settled") {
                try await backend.settleInvoice(with: preimage)
            }
            return try await requireFailure("what is cancelled should not be paid") { try await pay(invoice) }
        }
        throw ConformanceFailure("the payer of what was cancelled should learn that it failed")
    }

    /// An invoice that was cancelled before its payment is not paid any more.
    func openInvoicesAreCancelled() async throws {
        guard let (invoice, _) = try await holdInvoice() else { return }
        try await backend.cancelInvoice(invoice.paymentHash)
        try await requireFailure("what is cancelled should not be paid") { try await pay(invoice) }
        try await require(.ended, of: invoice.paymentHash)
        // Of one that nobody made there is nothing to do.
        try await backend.cancelInvoice(PaymentHash(.random()))
    }

    /// There is one invoice for a payment.
    func holdsAreUnique() async throws {
        guard let (invoice, _) = try await holdInvoice() else { return }
        try await requireRefusal("a second invoice for a payment should be refused") {
            _ = try await backend.makeHoldInvoice(
                for: Self.tenSatoshis,
                payment: invoice.paymentHash,
                memo: Self.memo,
                expiresIn: .seconds(600)
            )
        }
    }
}
