package import GatewayKit
internal import NIOConcurrencyHelpers

/// What the ledger says of payments, held against what the node says.
package struct Reconciliation: Sendable {
    /// What does not agree about a payment.
    package struct Difference: Hashable, Sendable, Codable, CustomStringConvertible {
        package enum Kind: String, Hashable, Sendable, Codable {
            /// It has bought something, and the node never got it.
            case unpaid
            /// The node got less than was asked for.
            case short
            /// The node got it, and the ledger does not say so.
            case unnoticed
        }

        package let kind: Kind
        package let payment: String
        package let detail: String

        package var description: String { "\(kind.rawValue) \(payment): \(detail)" }
    }

    /// Payments of the ledger that the node has got, and what they were together.
    package private(set) var settled = 0
    package private(set) var amount = Amount.zero
    /// Payments that the node got and that nobody here has asked for: others use the node, too.
    package private(set) var others = 0
    package private(set) var differences: [Difference] = []

    private struct Payment {
        var asked: Amount?
        var taken: LedgerEntry?
        var isNoted = false
    }

    private static let batch = 1_000

    /// - Parameter settlements: what the node says.
    package static func of(
        _ books: any Books,
        against settlements: [PaymentHash: Settlement]
    ) async throws -> Reconciliation {
        let payments = try await payments(in: books)
        var result = Reconciliation()
        for (hash, payment) in payments {
            result.compare(hash, payment, settlements[hash])
        }
        result.others = settlements.keys.count(where: { payments[$0] == nil })
        result.differences.sort { $0.description < $1.description }
        return result
    }

    private mutating func compare(_ hash: PaymentHash, _ payment: Payment, _ settlement: Settlement?) {
        guard let settlement else {
            if let taken = payment.taken {
                differ(.unpaid, hash, "\(taken.kind.rawValue) of \(taken.amount) by '\(taken.route)'")
            } else if payment.isNoted {
                differ(.unpaid, hash, "the ledger says that it was settled, and the node does not")
            }
            return
        }
        settled += 1
        amount = amount.adding(settlement.amount) ?? amount
        if let asked = payment.asked, settlement.amount < asked {
            differ(.short, hash, "\(settlement.amount) of \(asked)")
        }
        if !payment.isNoted {
            differ(.unnoticed, hash, "the node got \(settlement.amount) at \(settlement.settledAt.calendarText)")
        }
    }

    private mutating func differ(_ kind: Difference.Kind, _ payment: PaymentHash, _ detail: String) {
        differences.append(Difference(kind: kind, payment: payment.description, detail: detail))
    }

    private static func payments(in books: any Books) async throws -> [PaymentHash: Payment] {
        var payments = [PaymentHash: Payment]()
        for chain in try await books.chains() {
            var position: Int64 = 0
            while true {
                let rows = try await books.rows(of: chain.name, after: position, limit: batch)
                guard let last = rows.last else { break }
                for case let entry? in rows.map(\.entry) { note(entry, in: &payments) }
                position = last.position
            }
        }
        return payments
    }

    private static func note(_ entry: LedgerEntry, in payments: inout [PaymentHash: Payment]) {
        switch entry.kind {
        case .quote: payments[entry.payment, default: Payment()].asked = entry.amount
        case .settlement: payments[entry.payment, default: Payment()].isNoted = true
        case .claim, .credit: payments[entry.payment, default: Payment()].taken = entry
        case .release: payments[entry.payment, default: Payment()].taken = nil
        case .move, .debit, .giveBack, .close, .refund: break
        }
    }

    // MARK: The node

    /// All payments that a node has got, as far as it tells them: until it has told nothing for a while, since it never
    /// says that there are no more.
    ///
    /// - Parameter quiet: for how long.
    package static func settlements(
        of lightning: any LightningBackend,
        quiet: Duration
    ) async throws -> [PaymentHash: Settlement] {
        let told = NIOLockedValueBox<[PaymentHash: Settlement]>([:])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await settlement in lightning.settlements(since: SettlementCursor(position: 0)) {
                    told.withLockedValue { $0[settlement.payment] = settlement }
                }
            }
            group.addTask {
                var count = -1
                while count != told.withLockedValue({ $0.count }) {
                    count = told.withLockedValue { $0.count }
                    try await Task.sleep(for: quiet)
                }
            }
            // The first to end has seen everything.
            try await group.next()
            group.cancelAll()
        }
        return told.withLockedValue { $0 }
    }
}
