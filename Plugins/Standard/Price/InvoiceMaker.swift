package import GatewayKit
internal import NIOCore
internal import Synchronization

/// Asks the node for invoices, so many at once at the most, and has the store note each one that is given out.
///
/// The bound keeps a slow node from being buried: what comes beyond it is answered at once. It counts on the node's
/// answering or failing at some time, which is the backend's to see to.
package final class InvoiceMaker: Sendable {
    package static let most = 256

    /// So many invoices are being made already that this one was not asked for.
    package struct Busy: Error, CustomStringConvertible {
        package let description = "as many invoices as there may be are being made"
    }

    private let lightning: any LightningBackend
    private let store: any Store
    private let time: TimeSource
    private let most: Int
    private let beingMade = Atomic<Int>(0)

    package init(lightning: any LightningBackend, store: any Store, time: TimeSource, most: Int = InvoiceMaker.most) {
        self.lightning = lightning
        self.store = store
        self.time = time
        self.most = most
    }

    /// Fails with `Busy`, or with what the node says. An invoice for less than what was asked is malformed.
    package func invoice(
        for amount: Amount,
        expiresIn: Duration,
        in exchange: Exchange
    ) -> Eventually<Invoice> {
        guard beingMade.wrappingAdd(1, ordering: .relaxed).newValue <= most else {
            beingMade.wrappingSubtract(1, ordering: .relaxed)
            return .later(exchange.eventLoop.makeFailedFuture(Busy()))
        }
        let route = exchange.route
        let memo = "\(route.service) (\(exchange.id))"
        return exchange.later { [self] in
            // Also when the client has left: the task runs to its end.
            defer { beingMade.wrappingSubtract(1, ordering: .relaxed) }
            let invoice = try await lightning.makeInvoice(for: amount, memo: memo, expiresIn: expiresIn)
            guard invoice.amount >= amount else {
                throw LightningFailure(.malformed, "asked for \(amount), got an invoice for \(invoice.amount)")
            }
            store.note(
                IssuedInvoice(invoice: invoice, service: route.service, route: route.name, issuedAt: time.now())
            )
            return invoice
        }
    }
}
