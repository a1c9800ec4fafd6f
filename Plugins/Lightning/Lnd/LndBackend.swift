package import GatewayKit
internal import Logging
internal import NIOSSL

/// A backend that is lnd, by one of its interfaces.
package protocol LndBackend: LightningBackend {
    var node: LndNode { get }
}

extension LndBackend {
    package var capabilities: LightningCapabilities { node.rights?.capabilities ?? [.subscribe, .hold, .refund] }

    /// Waits for nothing: what lnd does not answer yet is asked when it is needed.
    package func start() async throws {
        for finding in await findings() {
            node.logger.warning("lnd: \(finding)")
        }
        node.connection.start()
    }

    package func stop() async {
        await node.connection.stop()
    }

    package func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        try await node.makeInvoice(for: amount, memo: memo, expiresIn: expiresIn)
    }

    package func isSettled(_ payment: PaymentHash) async throws -> Bool {
        try await node.invoiceState(payment) == .settled
    }

    package func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        try await node.invoiceState(payment)
    }

    package func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        node.settlements(since: cursor)
    }

    package func settlements(
        behind cursor: SettlementCursor,
        of payment: PaymentHash
    ) -> AsyncThrowingStream<Settlement, any Error> {
        node.settlements(since: cursor, of: payment)
    }

    package func settlementsEnd() async throws -> SettlementCursor { try await node.settlementsEnd() }

    package func pay(
        _ bolt11: String,
        amount: Amount?,
        feeLimit: Amount,
        patience: Duration
    ) async throws -> Payment {
        try await node.pay(bolt11, amount: amount, feeLimit: feeLimit, patience: patience)
    }

    package func payment(_ payment: PaymentHash) async throws -> PaymentState { try await node.payment(payment) }

    package func read(_ bolt11: String) throws -> PayableInvoice { try node.reader.read(bolt11) }

    package func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        try await node.makeHoldInvoice(for: amount, payment: payment, memo: memo, expiresIn: expiresIn)
    }

    package func settleInvoice(with preimage: Preimage) async throws {
        try await node.settleInvoice(with: preimage)
    }

    package func cancelInvoice(_ payment: PaymentHash) async throws { try await node.cancelInvoice(payment) }

    /// Rights and the certificate, by what the policy names: lnd is asked nothing.
    package func findings() async -> [String] {
        let rights =
            node.rights?.findings
            ?? ["the macaroon of lnd has a form that is not known here, and may allow more than is needed"]
        return rights + certificateFindings
    }

    private var certificateFindings: [String] {
        guard let certificate = node.certificate,
            let end = try? NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map(\.notValidAfter).max()
        else { return [] }
        let days = (Int64(end) - node.time.now().seconds) / 86_400
        if days < 0 { return ["the certificate of lnd has expired: it should make another tls.cert"] }
        return days < 30 ? ["the certificate of lnd expires in \(days) days"] : []
    }
}
