import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers

/// A store that remembers the invoices that were noted and refuses everything else.
final class NotingStore: ForwardingStore {
    let base: any Store = RefusingStore()
    private let invoices = NIOLockedValueBox<[IssuedInvoice]>([])

    var noted: [IssuedInvoice] { invoices.withLockedValue { $0 } }

    func note(_ invoice: IssuedInvoice) {
        invoices.withLockedValue { $0.append(invoice) }
    }
}
