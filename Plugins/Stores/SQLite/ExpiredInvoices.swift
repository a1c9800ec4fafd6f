internal import Foundation
package import GRDB
package import GatewayKit
internal import NIOConcurrencyHelpers

/// Deletes open invoices that ended long ago, a few at a time.
///
/// May be used from any thread. Goes through them in the order of their expiry, and over again once it is through, so
/// that those that stay because they were claimed are not looked at in every round.
package final class ExpiredInvoices: Sendable {
    /// Rows that a round looks at: more than are written in one, so that deleting keeps up with writing.
    static let roundSize = 2 * InvoiceWriter.batch

    /// The next open invoices behind a position that end before a time. 'open' is written out for the index to serve.
    package static let query = """
        SELECT expiresAt, payment, EXISTS (SELECT 1 FROM claims WHERE claims.payment = invoices.payment) AS isClaimed
        FROM invoices
        WHERE state = 'open' AND (expiresAt, payment) > (?, ?) AND expiresAt < ?
        ORDER BY expiresAt, payment
        LIMIT ?
        """

    private struct Position {
        var expiresAt: Int64
        var payment: Data

        static let start = Position(expiresAt: .min, payment: Data())
    }

    private let time: TimeSource
    private let begin: WallTime
    private let position = NIOLockedValueBox(Position.start)

    package init(time: TimeSource) {
        self.time = time
        begin = time.now().advanced(by: Retention.afterStart)
    }

    /// One round, in the transaction of the caller.
    package func delete(_ db: Database) throws {
        let now = time.now()
        guard now >= begin else { return }
        let last = position.withLockedValue { $0 }
        let rows = try Row.fetchAll(
            db,
            sql: Self.query,
            arguments: [last.expiresAt, last.payment, Retention.cutoff(at: now).milliseconds, Self.roundSize]
        )
        let delete = try db.cachedStatement(sql: "DELETE FROM invoices WHERE payment = ? AND state = 'open'")
        for row in rows where !(row["isClaimed"] as Bool) {
            let payment: Data = row["payment"]
            try delete.execute(arguments: [payment])
        }
        // A transaction that fails after this leaves rows for the next time around.
        position.withLockedValue { position in
            guard rows.count == Self.roundSize, let row = rows.last else {
                position = .start
                return
            }
            position = Position(expiresAt: row["expiresAt"], payment: row["payment"])
        }
    }
}
