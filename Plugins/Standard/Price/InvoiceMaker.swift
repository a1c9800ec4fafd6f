package import GatewayKit
internal import NIOCore

/// Asks the node for invoices, so many at once at the most, and has the store note each one that is given out.
///
/// What comes beyond the bound is answered at once, and nobody waits longer than `patience`. An invoice counts as being
/// made until the node answers, fails, or notices that nobody waits for it: that it does is the backend's to see to.
package final class InvoiceMaker: Sendable {
    /// A client is answered 503 before it gives up by itself.
    package static let patience = Duration.seconds(10)

    /// So many invoices are being made already that this one was not asked for.
    package struct Busy: Error, CustomStringConvertible {
        package let description = "as many invoices as there may be are being made"
    }

    private let lightning: any LightningBackend
    private let store: any Store
    private let time: TimeSource
    private let budget: InvoiceBudget
    private let check: InvoiceCheck

    /// - Parameter check: `nil`: one of its own.
    package init(
        lightning: any LightningBackend,
        store: any Store,
        time: TimeSource,
        budget: InvoiceBudget,
        check: InvoiceCheck? = nil
    ) {
        self.lightning = lightning
        self.store = store
        self.time = time
        self.budget = budget
        self.check = check ?? InvoiceCheck(time: time)
    }

    /// Fails with `Busy`, or with what the node says. A wrong invoice (`InvoiceCheck`) is malformed, and a node that does
    /// not answer in time is unavailable.
    package func invoice(
        for amount: Amount,
        expiresIn: Duration,
        in exchange: Exchange
    ) -> Eventually<Invoice> {
        let eventLoop = exchange.eventLoop
        guard budget.take() else { return .later(eventLoop.makeFailedFuture(Busy())) }
        let promise = eventLoop.makePromise(of: Invoice.self)
        let conversion = exchange[Conversion.self]
        // The node signs it: so the rate is bound to what is paid. Short, since invoices have little room.
        let memo =
            "\(exchange.route.service) (\(exchange.id))"
            + (conversion.map { ", \($0.price) at \($0.rate.value)" } ?? "")
        let task = promise.completeWithTask { [self, route = exchange.route, id = exchange.id] in
            // Also when the client has left: the task runs to its end.
            defer { budget.giveBack() }
            let invoice = try await check.invoice(of: lightning, for: amount, memo: memo, expiresIn: expiresIn)
            // Nobody is given what comes too late.
            try Task.checkCancellation()
            store.note(
                IssuedInvoice(
                    invoice: invoice,
                    service: route.service,
                    route: route.name,
                    issuedAt: time.now(),
                    quote: id,
                    conversion: conversion?.description
                )
            )
            return invoice
        }
        let timer = eventLoop.scheduleTask(in: TimeAmount(Self.patience)) {
            // The first one to complete a promise decides.
            promise.fail(LightningFailure(.unavailable, "no invoice in \(Self.patience.formattedForPolicy)"))
            task.cancel()
        }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        return .later(promise.futureResult)
    }
}
