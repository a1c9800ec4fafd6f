/// Invoices that are neither paid nor expired. A value: whoever keeps it guards it.
///
/// Everything takes constant time but `sweep`, which takes what there is to be swept, and `remove`, which goes through the
/// invoices of one client for one offer.
struct OpenInvoices: Sendable {
    /// Expiries are kept by so many seconds: an invoice counts for that much longer.
    private static let grain: Int64 = 8

    private struct Entry {
        let invoice: Invoice
        let buyer: InvoiceBudget.Buyer
    }

    private var entries: [PaymentHash: Entry] = [:]
    private var counts: [IPAddress: Int] = [:]
    /// Those that may be used again, the oldest first.
    private var shared: [InvoiceBudget.Buyer: [PaymentHash]] = [:]
    private var ends: [Int64: [PaymentHash]] = [:]
    /// How far `some` has come.
    private var looked = 0
    private var nextSweep = WallTime(milliseconds: .min)

    var count: Int { entries.count }

    /// - Parameter client: a block of addresses.
    func count(of client: IPAddress) -> Int { counts[client, default: 0] }

    mutating func add(_ invoice: Invoice, of buyer: InvoiceBudget.Buyer) {
        guard entries.updateValue(Entry(invoice: invoice, buyer: buyer), forKey: invoice.paymentHash) == nil else {
            return
        }
        if let client = buyer.address?.block { counts[client, default: 0] += 1 }
        if buyer.mayShare, buyer.address != nil { shared[buyer, default: []].append(invoice.paymentHash) }
        ends[invoice.expiresAt.seconds / Self.grain + 1, default: []].append(invoice.paymentHash)
    }

    mutating func remove(_ payment: PaymentHash) {
        guard let buyer = entries.removeValue(forKey: payment)?.buyer else { return }
        if let client = buyer.address?.block {
            let others = counts[client, default: 1] - 1
            counts[client] = others > 0 ? others : nil
        }
        guard var others = shared[buyer] else { return }
        others.removeAll { $0 == payment }
        shared[buyer] = others.isEmpty ? nil : others
    }

    /// One of the same client for the same offer: any, so that who asks often is seldom given the same twice. `nil` when
    /// none lives so long.
    func one(for buyer: InvoiceBudget.Buyer, livingUntil end: WallTime) -> Invoice? {
        guard let payments = shared[buyer] else { return nil }
        for payment in [payments.randomElement(), payments.last] {
            guard let invoice = payment.flatMap({ entries[$0]?.invoice }), invoice.expiresAt >= end else { continue }
            return invoice
        }
        return nil
    }

    /// The next ones in an order of their own, round and round.
    mutating func some(_ most: Int) -> [Invoice] {
        let rest = entries.values.dropFirst(looked).prefix(most).map(\.invoice)
        looked = rest.count < most ? 0 : looked + most
        return rest
    }

    /// Forgets those that have expired; looks once a second at the most.
    ///
    /// - Returns: how many, by service.
    mutating func sweep(at now: WallTime) -> [String: Int] {
        guard now >= nextSweep else { return [:] }
        nextSweep = now.advanced(by: .seconds(1))
        let current = now.seconds / Self.grain
        var ended = [String: Int]()
        for grain in ends.keys where grain <= current {
            for payment in ends.removeValue(forKey: grain) ?? [] {
                guard let entry = entries[payment] else { continue }
                ended[entry.buyer.service, default: 0] += 1
                remove(payment)
            }
        }
        return ended
    }
}
