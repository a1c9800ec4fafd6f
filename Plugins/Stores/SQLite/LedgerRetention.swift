internal import GRDB
internal import GatewayKit

/// How long the rows of each chain are kept.
struct LedgerRetention: Sendable {
    /// Rows that a round forgets of a chain at the most: more than are written in one.
    private static let roundSize = 2 * InvoiceWriter.batch

    let time: TimeSource
    var quotes = Retention.quotes
    /// `nil`: for ever.
    var money: Duration?

    /// One round, in the transaction of the caller.
    func forget(_ db: Database) throws {
        let now = time.now()
        for (chain, kept) in [(LedgerChain.quotes, quotes), (LedgerChain.money, money)] {
            guard let kept else { continue }
            try LedgerTable.forget(before: now.advanced(by: .zero - kept), of: chain, limit: Self.roundSize, db)
        }
    }
}
