internal import GatewayKit

/// What became of the invoices of each service since the process began, and how many are open.
struct InvoiceReport: Encodable {
    struct Service: Encodable {
        let service: String
        let issued: UInt64
        let settled: UInt64
        let expired: UInt64
        let cancelled: UInt64
        let refunded: UInt64
        let receivedMillisatoshis: UInt64
        let paidBackMillisatoshis: UInt64
        /// From an invoice to its settlement: how many took up to so many seconds, each with those before it, and how many
        /// took any time.
        let delays: [Delay]
        let delaySumSeconds: Double
    }

    struct Delay: Encodable {
        /// `nil`: any.
        let upToSeconds: Int64?
        let count: UInt64
    }

    let open: Int
    let mostOpen: Int
    let mostOpenOfClient: Int
    let mostOpenOfNetwork: Int
    /// Requests that had no invoice, by the bound that was reached.
    let refused: [String: UInt64]
    /// Invoices of the node that no client was given, by what was wrong with them.
    let wrong: [String: UInt64]
    let services: [Service]

    init(_ policy: LoadedPolicy) {
        let budget = policy.invoiceBudget
        budget.sweep(at: policy.time.now())
        let limits = budget.limits
        open = budget.openCount
        mostOpen = limits.open
        mostOpenOfClient = limits.perClient
        mostOpenOfNetwork = limits.perNeighbourhood
        let refusals = budget.refusals
        refused = Dictionary(
            uniqueKeysWithValues: InvoiceBudget.Refusal.allCases.map { ($0.rawValue, refusals[$0, default: 0]) }
        )
        wrong = Dictionary(policy.invoiceCheck.faults.map { ($0.fault.rawValue, $0.count) }) { first, _ in first }
        services = budget.tally.all.sorted { $0.key < $1.key }.map { Service($0.key, $0.value) }
    }

    func json() -> String { JSONOutput.text(self) }
}

extension InvoiceReport.Service {
    init(_ name: String, _ counts: InvoiceTally.Counts) {
        var sum: UInt64 = 0
        let bounds = InvoiceTally.Delays.bounds.map { Optional($0.components.seconds) } + [nil]
        let (seconds, attoseconds) = counts.delays.sum.components
        self.init(
            service: name,
            issued: counts.issued,
            settled: counts.settled,
            expired: counts.expired,
            cancelled: counts.cancelled,
            refunded: counts.refunded,
            receivedMillisatoshis: counts.received.millisatoshis,
            paidBackMillisatoshis: counts.paidBack.millisatoshis,
            delays: zip(bounds, counts.delays.counts).map { bound, count in
                sum += count
                return InvoiceReport.Delay(upToSeconds: bound, count: sum)
            },
            delaySumSeconds: Double(seconds) + Double(attoseconds) / 1e18
        )
    }
}
