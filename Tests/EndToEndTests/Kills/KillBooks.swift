import Foundation
import GatewayKit
import GatewayTesting
import L402
import MPP

/// What the ledger of a gateway says, as `sluice ledger export` prints it: how often of each payment.
struct KillBooks: Sendable {
    private struct Row: Decodable {
        let kind: String
        let payment: String
        let detail: String
    }

    /// Invoices that were given out.
    private(set) var quotes = Set<PaymentHash>()
    /// Payments that have arrived.
    private(set) var settlements: [PaymentHash: Int] = [:]
    /// Payments that were taken for the answer to a charge, for good.
    private(set) var served: [PaymentHash: Int] = [:]
    /// Payments that were taken for a token.
    private(set) var tokens: [PaymentHash: Int] = [:]
    /// Deposits of sessions.
    private(set) var deposits: [PaymentHash: Int] = [:]
    /// Units that were taken from sessions and not given back.
    private(set) var units: [PaymentHash: Int] = [:]
    /// Sessions whose rest was paid back.
    private(set) var refunds: [PaymentHash: Int] = [:]

    /// - Parameter lines: JSON, a row each.
    init(_ lines: String) throws {
        let decoder = JSONDecoder()
        for line in lines.split(separator: "\n") {
            let row = try decoder.decode(Row.self, from: Data(line.utf8))
            guard let hash = Bytes32(hex: row.payment) else {
                throw ConformanceFailure("a row of the ledger has no payment: \(line)")
            }
            note(row, of: PaymentHash(hash))
        }
    }

    private mutating func note(_ row: Row, of payment: PaymentHash) {
        switch row.kind {
        case LedgerEntry.Kind.quote.rawValue: quotes.insert(payment)
        case LedgerEntry.Kind.settlement.rawValue: settlements[payment, default: 0] += 1
        case LedgerEntry.Kind.claim.rawValue where row.detail == L402Scheme.word: tokens[payment, default: 0] += 1
        case LedgerEntry.Kind.move.rawValue:
            if case .served = ChargeEntry(purpose: row.detail) { served[payment, default: 0] += 1 }
        case LedgerEntry.Kind.credit.rawValue: deposits[payment, default: 0] += 1
        case LedgerEntry.Kind.debit.rawValue: units[payment, default: 0] += 1
        case LedgerEntry.Kind.giveBack.rawValue: units[payment, default: 0] -= 1
        case LedgerEntry.Kind.refund.rawValue: refunds[payment, default: 0] += 1
        default: break
        }
    }
}
