package import GatewayKit
internal import Logging
internal import NIOCore

/// Asks the node for invoices, as many as the budget has, and has the store note each one that is given out.
///
/// What comes beyond the budget is answered at once, and nobody waits longer than `patience`. An invoice counts as being
/// made until the node answers, fails, or notices that nobody waits for it: that it does is the backend's to see to. See
/// "Invoices have a budget" among the decisions.
package final class InvoiceMaker: Sendable {
    /// A client is answered 503 before it gives up by itself.
    package static let patience = Duration.seconds(10)

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

    /// Fails with an `InvoiceBudget.Refusal`, or with what the node says. A wrong invoice (`InvoiceCheck`) is malformed, and a
    /// node that does not answer in time is unavailable.
    ///
    /// - Parameters:
    ///   - amount: what it is to ask for at least.
    ///   - expiresIn: how long it is to stand.
    ///   - desk: who holds its payment; `nil`: it is taken as it arrives.
    ///   - exchange: the request that is to be paid for.
    package func invoice(
        for amount: Amount,
        expiresIn: Duration,
        heldBy desk: (any HoldingDesk)? = nil,
        in exchange: Exchange
    ) -> Eventually<Invoice> {
        let eventLoop = exchange.eventLoop
        let conversion = exchange[Conversion.self]
        let buyer = InvoiceBudget.Buyer(
            address: exchange.client.address,
            service: exchange.route.service,
            route: exchange.route.name,
            amount: amount,
            conversion: conversion?.description,
            schemes: exchange.schemes.filter(\.takesPayments).map { PluginWord.of($0) ?? "" },
            // A page learns that its invoice was paid, and a bundle belongs to whoever was told of it first.
            mayShare: !exchange.request.prefersHTML && !exchange.route.isMetered
        )
        let now = time.now()
        switch budget.admit(buyer, for: expiresIn, at: now) {
        case .make: break
        case .reuse(let invoice): return .now(invoice)
        case .refuse(let refusal):
            tell(refusal, to: exchange.logger, at: now)
            return .later(eventLoop.makeFailedFuture(refusal))
        }
        let promise = eventLoop.makePromise(of: Invoice.self)
        // The node signs it: so the rate is bound to what is paid. Short, since invoices have little room.
        let memo =
            "\(exchange.route.service) (\(exchange.id))"
            + (conversion.map { ", \($0.price) at \($0.rate.value)" } ?? "")
        let task = promise.completeWithTask { [self, id = exchange.id] in
            // Also when the client has left: the task runs to its end.
            let invoice: Invoice
            do {
                invoice = try await made(for: amount, of: buyer.service, memo: memo, expiresIn: expiresIn, heldBy: desk)
            } catch {
                budget.end(buyer, with: nil)
                throw error
            }
            budget.end(buyer, with: invoice)
            store.note(
                IssuedInvoice(
                    invoice: invoice,
                    service: buyer.service,
                    route: buyer.route,
                    issuedAt: time.now(),
                    quote: id,
                    conversion: buyer.conversion
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

    /// What concerns all clients is worth a warning; not one for each request of a flood.
    private func tell(_ refusal: InvoiceBudget.Refusal, to logger: Logger, at now: WallTime) {
        switch refusal {
        case .client: logger.debug("a client has as many unpaid invoices as it may")
        case .busy where budget.isNews(refusal, at: now):
            logger.warning("as many invoices as there may be are being made")
        case .full where budget.isNews(refusal, at: now):
            logger.warning("as many invoices as there may be are open: sales wait for payments or expiries")
        case .busy, .full: break
        }
    }

    /// A payment was taken: its invoice is given to nobody any more, before the node tells of it.
    func noteTaken(_ payment: PaymentHash) { budget.take(payment) }

    private func made(
        for amount: Amount,
        of service: String,
        memo: String,
        expiresIn: Duration,
        heldBy desk: (any HoldingDesk)?
    ) async throws -> Invoice {
        let invoice =
            if let desk {
                try await desk.makeInvoice(
                    by: lightning,
                    for: amount,
                    of: service,
                    memo: memo,
                    expiresIn: expiresIn
                )
            } else {
                try await check.invoice(of: lightning, for: amount, memo: memo, expiresIn: expiresIn)
            }
        // Nobody is given what comes too late.
        try Task.checkCancellation()
        return invoice
    }
}
