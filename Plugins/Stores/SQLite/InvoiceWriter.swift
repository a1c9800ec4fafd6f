internal import GRDB
internal import GatewayKit
internal import Logging

/// Brings noted invoices from the queue to the disk, many in one transaction, and deletes some that nobody paid.
struct InvoiceWriter: Sendable {
    /// Rows in one transaction: more would keep a claim waiting.
    static let batch = 500
    /// How long a noted invoice waits for others to be written with.
    private static let delay = Duration.milliseconds(50)
    private static let pauseAfterFailure = Duration.seconds(1)

    let queue: InvoiceQueue
    let pool: DatabasePool
    let expired: ExpiredInvoices
    let retention: LedgerRetention
    let logger: Logger

    /// Writes in the background until it is cancelled. A failure is logged once and tried again: the rows stay.
    func start() -> Task<Void, Never> {
        Task {
            var isFailing = false
            for await _ in queue.wakeUps {
                try? await Task.sleep(for: Self.delay)
                while !Task.isCancelled {
                    do {
                        guard try await writeBatch() else { break }
                        isFailing = false
                    } catch {
                        if !isFailing, !Task.isCancelled {
                            logger.error("noted invoices wait", metadata: ["error": "\(StoreFailure(error))"])
                        }
                        isFailing = true
                        try? await Task.sleep(for: Self.pauseAfterFailure)
                    }
                }
                if Task.isCancelled { return }
            }
        }
    }

    /// Writes everything that was noted before the call.
    func writeAll() async throws {
        let end = queue.end
        while let first = queue.first(1), first.end <= end, try await writeBatch() {}
    }

    /// - Returns: false when there was nothing to write.
    private func writeBatch() async throws -> Bool {
        guard let batch = queue.first(Self.batch) else { return false }
        // Two writers may write the same rows: the second changes nothing.
        try await pool.write { [expired, retention] db in
            var quotes = [LedgerEntry]()
            for row in batch.rows {
                if try InvoiceRow.insert(row, db) { quotes.append(LedgerEntry(quoting: row)) }
            }
            try LedgerTable.append(quotes, db)
            try expired.delete(db)
            try retention.forget(db)
        }
        queue.remove(before: batch.end)
        return true
    }
}
