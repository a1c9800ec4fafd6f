import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers

/// The values of plugins and the invoices that were noted, in memory.
final class PoolStore: ForwardingStore {
    let base: any Store = MemoryStore()
    private let invoices = NIOLockedValueBox<[PaymentHash: IssuedInvoice]>([:])

    func note(_ invoice: IssuedInvoice) {
        invoices.withLockedValue { $0[invoice.invoice.paymentHash] = invoice }
    }

    func note(_ invoice: Invoice) {
        note(IssuedInvoice(invoice: invoice, service: "quotes", route: "daily", issuedAt: WallTime(seconds: 0)))
    }

    func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? {
        invoices.withLockedValue { $0[payment] }
    }
}
