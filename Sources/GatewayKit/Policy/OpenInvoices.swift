/// Invoices that are neither paid nor expired. A value: whoever keeps it guards it.
///
/// Everything takes constant time but `sweep`, which takes what there is to be swept, `remove`, which goes through the
/// invoices of one client for one offer, and `some`, which goes through some thousand. Of what is removed little is kept.
package struct OpenInvoices: Sendable {
    /// Expiries are kept by so many seconds: an invoice counts for that much longer.
    private static let grain: Int64 = 8
    /// From one sweep to the next.
    private static let pause = Duration.seconds(1)

    private struct Entry {
        let invoice: Invoice
        let buyer: InvoiceBudget.Buyer
    }

    private var entries: [PaymentHash: Entry] = [:]
    private var counts: [IPAddress: Int] = [:]
    /// The same by neighbourhood.
    private var neighbours: [IPAddress: Int] = [:]
    /// Those that may be used again, the oldest first.
    private var shared: [InvoiceBudget.Buyer: [PaymentHash]] = [:]
    private var ends: [Int64: Set<PaymentHash>] = [:]
    private var looks = InvoiceLooks()
    private var nextSweep = WallTime(milliseconds: .min)

    package init() {}

    package var count: Int { entries.count }

    /// Payments whose ends are written down.
    package var endCount: Int { ends.values.reduce(0) { $0 + $1.count } }

    /// - Parameter client: a block of addresses.
    func count(of client: IPAddress) -> Int { counts[client, default: 0] }

    /// - Parameter neighbourhood: of a client.
    func count(near neighbourhood: IPAddress) -> Int { neighbours[neighbourhood, default: 0] }

    package mutating func add(_ invoice: Invoice, of buyer: InvoiceBudget.Buyer) {
        guard entries.updateValue(Entry(invoice: invoice, buyer: buyer), forKey: invoice.paymentHash) == nil else {
            return
        }
        if let address = buyer.address {
            counts[address.block, default: 0] += 1
            neighbours[address.neighbourhood, default: 0] += 1
        }
        if buyer.mayShare, buyer.address != nil { shared[buyer, default: []].append(invoice.paymentHash) }
        ends[Self.end(of: invoice), default: []].insert(invoice.paymentHash)
        looks.add(invoice.paymentHash)
    }

    private static func end(of invoice: Invoice) -> Int64 { invoice.expiresAt.seconds / grain + 1 }

    package mutating func remove(_ payment: PaymentHash) {
        guard let entry = entries.removeValue(forKey: payment) else { return }
        looks.remove(payment)
        let buyer = entry.buyer
        let end = Self.end(of: entry.invoice)
        ends[end]?.remove(payment)
        if ends[end]?.isEmpty == true { ends[end] = nil }
        if let address = buyer.address {
            Self.decrement(&counts, address.block)
            Self.decrement(&neighbours, address.neighbourhood)
        }
        guard var others = shared[buyer] else { return }
        others.removeAll { $0 == payment }
        shared[buyer] = others.isEmpty ? nil : others
    }

    /// One whose payment was presented before the node has told of it: it is asked for once more.
    package mutating func take(_ payment: PaymentHash) {
        guard let entry = entries[payment] else { return }
        looks.close(entry.invoice)
        remove(payment)
    }

    private static func decrement(_ counts: inout [IPAddress: Int], _ address: IPAddress) {
        let others = counts[address, default: 1] - 1
        counts[address] = others > 0 ? others : nil
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

    /// Those that the node is to be asked for now; some of them expired lately.
    ///
    /// - Parameter waiting: for which somebody waits.
    mutating func some(_ most: Int, first waiting: Set<PaymentHash>, at now: WallTime) -> [Invoice] {
        let ended = looks.nextEnded(most / 4)
        return looks.next(most - ended.count, first: waiting, at: now).compactMap { entries[$0]?.invoice } + ended
    }

    /// Forgets those that have expired; looks once a second at the most.
    ///
    /// - Returns: how many, by service.
    package mutating func sweep(at now: WallTime) -> [String: Int] {
        // A clock that was set back is not waited for.
        guard now >= nextSweep || now.advanced(by: Self.pause * 2) < nextSweep else { return [:] }
        nextSweep = now.advanced(by: Self.pause)
        let current = now.seconds / Self.grain
        var ended = [String: Int]()
        for payment in ends.filter({ $0.key <= current }).values.joined() {
            guard let entry = entries[payment] else { continue }
            ended[entry.buyer.service, default: 0] += 1
            looks.close(entry.invoice)
            remove(payment)
        }
        return ended
    }
}
