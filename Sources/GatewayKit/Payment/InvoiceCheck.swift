internal import NIOConcurrencyHelpers
internal import NIOCore

/// Asks nodes for invoices and looks at what they return, before anybody is asked to pay: the one way from a node to a client.
///
/// A wrong invoice is thrown away as a `LightningFailure` of reason `malformed`, and counted. May be used from any thread.
public final class InvoiceCheck: Sendable {
    private struct State {
        var counts: [InvoiceFault: UInt64] = [:]
        /// The payments of the invoices before, oldest first.
        var order = CircularBuffer<PaymentHash>()
        var known: Set<PaymentHash> = []
    }

    /// Payments that are remembered: an invoice comes twice soon or never.
    private static let memory = 4_096
    /// The clocks of a node and of this machine differ by less.
    private static let clockDifference = Duration.seconds(60)

    private let time: TimeSource
    private let other: InvoiceCheck?
    private let state = NIOLockedValueBox(State())

    public init(time: TimeSource = .system) {
        self.time = time
        other = nil
    }

    /// One that counts what is wrong in another one, too: for a node that is made of nodes.
    package init(time: TimeSource, telling other: InvoiceCheck) {
        self.time = time
        self.other = other
    }

    /// How many were wrong, by what was wrong with them first.
    public var faults: [(fault: InvoiceFault, count: UInt64)] {
        let counts = state.withLockedValue { $0.counts }
        return InvoiceFault.allCases.map { ($0, counts[$0, default: 0]) }
    }

    /// - Returns: the invoice as its signed text has it, whatever else the node said of it.
    /// - Throws: what the node says, and `LightningFailure` when its invoice is wrong.
    public func invoice(
        of backend: any LightningBackend,
        for amount: Amount,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        let invoice = try await backend.makeInvoice(for: amount, memo: memo, expiresIn: expiresIn)
        return try checked(invoice, of: backend, for: amount, payment: nil, expiresIn: expiresIn)
    }

    /// The same for one whose payment is held. `payment` may be asked for again where an answer was lost.
    public func holdInvoice(
        of backend: any LightningBackend,
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        let invoice = try await backend.makeHoldInvoice(
            for: amount,
            payment: payment,
            memo: memo,
            expiresIn: expiresIn
        )
        return try checked(invoice, of: backend, for: amount, payment: payment, expiresIn: expiresIn)
    }

    // MARK: Looking

    private func checked(
        _ invoice: Invoice,
        of backend: any LightningBackend,
        for amount: Amount,
        payment: PaymentHash?,
        expiresIn: Duration
    ) throws -> Invoice {
        let read: PayableInvoice
        do {
            read = try backend.read(invoice.bolt11)
        } catch {
            throw wrong(.unreadable, "\(error)")
        }
        let highest = Amount.satoshis(amount.satoshisRoundedUp) ?? .maximum
        guard let asked = read.amount, asked == invoice.amount, asked >= amount, asked <= highest else {
            let found = read.amount.map { "\($0)" } ?? "any amount"
            throw wrong(.amount, "asked for \(amount), got an invoice for \(found)")
        }
        guard read.payment == invoice.paymentHash, payment == nil || read.payment == payment else {
            throw wrong(.hash, "its payment is not the one that the node named")
        }
        let now = time.now()
        guard read.expiresAt > now, read.expiresAt <= now.advanced(by: expiresIn + Self.clockDifference) else {
            let seconds = (read.expiresAt.milliseconds &- now.milliseconds) / 1_000
            throw wrong(.expiry, "asked for \(expiresIn.formattedForPolicy), got one that expires in \(seconds)s")
        }
        guard payment != nil || remember(read.payment) else {
            throw wrong(.repeated, "its payment was asked for before")
        }
        return Invoice(
            bolt11: invoice.bolt11.lowercased(),
            paymentHash: read.payment,
            amount: asked,
            expiresAt: read.expiresAt,
            node: invoice.node
        )
    }

    /// False when it is remembered already.
    private func remember(_ payment: PaymentHash) -> Bool {
        state.withLockedValue { state in
            guard state.known.insert(payment).inserted else { return false }
            state.order.append(payment)
            if state.order.count > Self.memory, let oldest = state.order.popFirst() { state.known.remove(oldest) }
            return true
        }
    }

    private func wrong(_ fault: InvoiceFault, _ why: String) -> LightningFailure {
        count(fault)
        return LightningFailure(.malformed, "the node made a wrong invoice: \(why)")
    }

    private func count(_ fault: InvoiceFault) {
        state.withLockedValue { $0.counts[fault, default: 0] += 1 }
        other?.count(fault)
    }
}
