package import GatewayKit

extension DevNode {
    package func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        guard amount > .zero else { throw LightningFailure(.refused, "an invoice needs an amount above zero") }
        guard try await ledger.invoice(payment) == nil else { throw DevLedger.alreadyMade }
        return try await makeDevInvoice(for: amount, memo: memo, expiresIn: expiresIn, payment: payment).invoice
    }

    package func settleInvoice(with preimage: Preimage) async throws {
        try requireUp()
        let payment = PaymentHash(preimage.bytes.sha256)
        guard var invoice = try await ledger.invoice(payment) else {
            throw LightningFailure(.refused, "unable to locate invoice")
        }
        invoice.preimage = preimage
        guard let (settlement, tell) = holds.settle(invoice, at: time.now()) else {
            guard ledger.settlement(of: payment) == nil else { return }
            throw LightningFailure(.refused, "no payment is held for the invoice")
        }
        await write(settlement)
        tell(preimage)
    }

    package func cancelInvoice(_ payment: PaymentHash) async throws {
        try requireUp()
        guard let invoice = try await ledger.invoice(payment) else { return }
        guard holds.cancel(invoice) else { throw LightningFailure(.refused, "invoice is already settled") }
    }

    package func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        if try await isSettled(payment) { return .settled }
        guard let invoice = try await ledger.invoice(payment) else { return .open }
        if holds.isHeld(payment) { return .held }
        // It may have been settled since it was looked at.
        if ledger.settlement(of: payment) != nil { return .settled }
        return invoice.isCancelled || time.now() >= invoice.invoice.expiresAt ? .ended : .open
    }
}
