package import GatewayKit

extension DevNode {
    package func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        guard amount > .zero else { throw LightningFailure(.refused, "an invoice needs an amount above zero") }
        guard try await ledger.invoice(payment) == nil else {
            throw LightningFailure(.refused, "invoice with payment hash already exists")
        }
        return try await makeDevInvoice(for: amount, memo: memo, expiresIn: expiresIn, payment: payment).invoice
    }

    package func settleInvoice(with preimage: Preimage) async throws {
        let payment = PaymentHash(preimage.bytes.sha256)
        guard var invoice = try await ledger.invoice(payment) else {
            throw LightningFailure(.refused, "unable to locate invoice")
        }
        guard let held = holds.take(payment) else {
            guard ledger.settlement(of: payment) == nil else { return }
            throw LightningFailure(.refused, "no payment is held for the invoice")
        }
        invoice.preimage = preimage
        try await settle(invoice, for: held.amount, at: time.now())
        held.tell(preimage)
    }

    package func cancelInvoice(_ payment: PaymentHash) async throws {
        guard try await ledger.invoice(payment) != nil else { return }
        guard ledger.settlement(of: payment) == nil else {
            throw LightningFailure(.refused, "invoice is already settled")
        }
        holds.cancel(payment)
    }

    package func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        if try await isSettled(payment) { return .settled }
        if holds.isHeld(payment) { return .held }
        if holds.isCancelled(payment) { return .ended }
        guard let invoice = try await ledger.invoice(payment) else { return .open }
        return time.now() < invoice.invoice.expiresAt ? .open : .ended
    }
}
