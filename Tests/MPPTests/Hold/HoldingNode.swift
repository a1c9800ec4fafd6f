import Crypto
import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers

/// A node that makes invoices whose payments are held, and lets a test say how far they are.
final class HoldingNode: ForwardingBackend {
    let base: any LightningBackend = RefusingLightning()
    let capabilities: LightningCapabilities = .hold
    private let time: ManualTime
    private let invoices = NIOLockedValueBox<[PaymentHash: (invoice: Invoice, state: InvoiceState)]>([:])

    init(time: ManualTime) {
        self.time = time
    }

    func arrive(_ payment: PaymentHash) { invoices.withLockedValue { $0[payment]?.state = .held } }

    func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        let invoice = Invoice(
            bolt11: "lnbcrt1\(payment)",
            paymentHash: payment,
            amount: amount,
            expiresAt: time.now.advanced(by: expiresIn)
        )
        invoices.withLockedValue { $0[payment] = (invoice, .open) }
        return invoice
    }

    func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        invoices.withLockedValue { $0[payment]?.state ?? .open }
    }

    func settleInvoice(with preimage: Preimage) async throws {
        let payment = PaymentHash(Bytes32(SHA256.hash(data: preimage.bytes.array)) ?? .zero)
        try invoices.withLockedValue { invoices in
            guard invoices[payment]?.state == .held else { throw LightningFailure(.refused, "nothing is held") }
            invoices[payment]?.state = .settled
        }
    }

    func cancelInvoice(_ payment: PaymentHash) async throws {
        try invoices.withLockedValue { invoices in
            guard invoices[payment]?.state != .settled else { throw LightningFailure(.refused, "it is settled") }
            invoices[payment]?.state = .ended
        }
    }

    func read(_ bolt11: String) throws -> PayableInvoice {
        guard let invoice = invoices.withLockedValue({ $0.values.first { $0.invoice.bolt11 == bolt11 }?.invoice })
        else {
            throw LightningFailure(.refused, "this node never made it")
        }
        return PayableInvoice(payment: invoice.paymentHash, amount: invoice.amount, expiresAt: invoice.expiresAt)
    }
}
