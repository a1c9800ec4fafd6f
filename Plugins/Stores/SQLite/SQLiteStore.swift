internal import Foundation
internal import GRDB
package import GatewayKit
package import Logging
internal import NIOConcurrencyHelpers

/// The store of one machine: a SQLite file, which several processes may share.
///
/// Every transaction is on disk before its answer (write-ahead log, `synchronous = FULL`): with less, a power failure
/// could take back a claim that was answered, and the payment would buy twice. The exception is what says so
/// (`write(isDurable:_:then:)`).
package final class SQLiteStore: Store, Plugin {
    package static let word = "sqlite"

    /// SQLite's own limit is a billion bytes; a plugin that keeps more than this in one value is mistaken.
    package static let largestValue = ByteCount.mebibytes(256)

    private let path: String
    private let logger: Logger
    private let time: TimeSource
    private let queue: InvoiceQueue
    let counts: CountWriter
    private let retention: LedgerRetention
    private let phase = NIOLockedValueBox(Phase.new)

    private enum Phase {
        case new
        case open(InvoiceWriter, Task<Void, Never>)
        case stopped
    }

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        let folder = services.dataFolder
        let fallback = folder.isEmpty || folder.hasSuffix("/") ? folder + "sluice.db" : folder + "/sluice.db"
        path = settings.text("path", or: fallback)
        var retention = LedgerRetention(time: services.time)
        retention.quotes = settings.duration("keep-quotes", or: retention.quotes)
        if settings.contains("keep-ledger") { retention.money = settings.duration("keep-ledger") }
        self.retention = retention
        logger = services.logger
        time = services.time
        queue = InvoiceQueue(capacity: 100_000)
        counts = CountWriter(time: services.time)
        if path.isEmpty || path.utf8.contains(0) {
            throw settings.error(at: "path", "should name a file such as data/sluice.db")
        }
        let day = Duration.seconds(86_400)
        for (key, kept) in [("keep-quotes", retention.quotes), ("keep-ledger", retention.money ?? day)] where kept < day
        {
            settings.note(settings.error(at: key, "should be 1d at least"))
        }
    }

    /// - Parameters:
    ///   - queueCapacity: how many noted invoices may wait for a disk that stands still.
    ///   - keepsQuotes: how long quotes stand in the ledger.
    ///   - keepsMoney: the same of everything else; `nil`: for ever.
    package init(
        path: String,
        logger: Logger,
        time: TimeSource = .system,
        queueCapacity: Int = 100_000,
        keepsQuotes: Duration? = nil,
        keepsMoney: Duration? = nil
    ) {
        retention = LedgerRetention(time: time, quotes: keepsQuotes ?? Retention.quotes, money: keepsMoney)
        self.path = path
        self.logger = logger
        self.time = time
        queue = InvoiceQueue(capacity: queueCapacity)
        counts = CountWriter(time: time)
    }

    // MARK: Starting and stopping

    package func start() async throws {
        let path = path
        let pool = try await withCheckedThrowingContinuation { continuation in
            // Opening waits for other processes: not on a thread that tasks share.
            DispatchQueue.global().async {
                continuation.resume(with: Result { try DatabaseFile(path: path).open() })
            }
        }
        let expired = ExpiredInvoices(time: time)
        let started = phase.withLockedValue { phase in
            guard case .new = phase else { return false }
            let writer = InvoiceWriter(
                queue: queue,
                pool: pool,
                expired: expired,
                retention: retention,
                logger: logger
            )
            phase = .open(writer, writer.start())
            return true
        }
        guard started else {
            try? pool.close()
            throw StartFailure("the store \(path) was started already")
        }
    }

    package func stop() async {
        let last = phase.withLockedValue { phase in
            defer { phase = .stopped }
            return phase
        }
        guard case .open(let writer, let background) = last else { return }
        background.cancel()
        await background.value
        do {
            try await writer.writeAll()
        } catch {
            logger.error(
                "invoices are lost that could not be written; credentials stay valid",
                metadata: ["count": "\(queue.count)", "store": "\(path)", "error": "\(StoreFailure(error))"]
            )
        }
        do {
            try await counts.writeBack(to: writer.pool)
        } catch {
            logger.error(
                "some of what is free is lost until its period ends: unused counts could not be written back",
                metadata: ["store": "\(path)", "error": "\(StoreFailure(error))"]
            )
        }
        do {
            try writer.pool.close()
        } catch {
            logger.warning("the store did not close cleanly", metadata: ["error": "\(StoreFailure(error))"])
        }
    }

    private func writer() throws -> InvoiceWriter {
        try phase.withLockedValue { phase in
            guard case .open(let writer, _) = phase else { throw StoreFailure("the store \(path) is not open") }
            return writer
        }
    }

    func pool() throws -> DatabasePool { try writer().pool }

    func write<Value: Sendable>(_ change: @Sendable @escaping (Database) throws -> Value) async throws -> Value {
        let pool = try pool()
        do {
            return try await pool.write(change)
        } catch {
            throw StoreFailure(error)
        }
    }

    /// One transaction without a task: two changes of threads, to that of the database and back.
    ///
    /// - Parameters:
    ///   - isDurable: false: a failure of the power may take it back, until a later transaction is on disk; the end of the
    ///     process does not.
    ///   - change: what is to be done.
    ///   - answer: called once, from any thread, and not before this returns; must not block it.
    func write<Value: Sendable>(
        isDurable: Bool,
        _ change: @Sendable @escaping (Database) throws -> Value,
        then answer: @Sendable @escaping (Result<Value, any Error>) -> Void
    ) {
        do {
            try pool().asyncWriteWithoutTransaction { db in
                let result: Result<Value, any Error>
                do {
                    result = .success(try db.transaction(isDurable: isDurable, change))
                } catch {
                    result = .failure(StoreFailure(error))
                }
                answer(result)
            }
        } catch {
            Task { answer(.failure(error)) }
        }
    }

    func read<Value: Sendable>(_ query: @Sendable @escaping (Database) throws -> Value) async throws -> Value {
        let pool = try pool()
        do {
            return try await pool.read(query)
        } catch {
            throw StoreFailure(error)
        }
    }

    // MARK: Payments

    package func claim(
        _ payment: PaymentHash,
        for purpose: String,
        by credential: CredentialID?
    ) async throws -> Claim {
        try await write { [self] db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO claims (payment, purpose, credential) VALUES (?, ?, ?)
                    ON CONFLICT (payment) DO NOTHING
                    """
            )
            try statement.execute(arguments: [payment.bytes.data, purpose, credential?.bytes.data])
            if db.changesCount == 1 {
                try book(.claim, payment, credential, purpose, db)
                return .first
            }
            let earlier = try String.fetchOne(
                db,
                sql: "SELECT purpose FROM claims WHERE payment = ?",
                arguments: [payment.bytes.data]
            )
            return earlier == purpose ? .again : .foreign
        }
    }

    package func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool {
        try await write { [self] db in
            let credential = try Self.credential(ofClaim: payment, db)
            try db.execute(
                sql: "DELETE FROM claims WHERE payment = ? AND purpose = ?",
                arguments: [payment.bytes.data, purpose]
            )
            guard db.changesCount == 1 else { return false }
            try book(.release, payment, credential, purpose, db)
            return true
        }
    }

    private static func credential(ofClaim payment: PaymentHash, _ db: Database) throws -> CredentialID? {
        let statement = try db.cachedStatement(sql: "SELECT credential FROM claims WHERE payment = ?")
        return try Data.fetchOne(statement, arguments: [payment.bytes.data]).flatMap { Bytes32($0) }
            .map { CredentialID($0) }
    }

    /// A row about the claim of a payment, in its transaction.
    private func book(
        _ kind: LedgerEntry.Kind,
        _ payment: PaymentHash,
        _ credential: CredentialID?,
        _ detail: String,
        _ db: Database
    ) throws {
        let entry = LedgerEntry(
            kind,
            of: .zero,
            payment: payment,
            at: time.now(),
            credential: credential,
            detail: detail
        )
        let waiting = queue.first(payment)
        try LedgerTable.append([LedgerTable.completed(entry, waiting: waiting, takesAmount: true, db)], db)
    }

    package func purpose(of payment: PaymentHash) async throws -> String? {
        try await read { db in
            try String.fetchOne(
                db,
                sql: "SELECT purpose FROM claims WHERE payment = ?",
                arguments: [payment.bytes.data]
            )
        }
    }

    package func move(_ payment: PaymentHash, from purpose: String, to next: String) async throws -> Bool {
        try await write { [self] db in
            let statement = try db.cachedStatement(
                sql: "UPDATE claims SET purpose = ? WHERE payment = ? AND purpose = ?"
            )
            try statement.execute(arguments: [next, payment.bytes.data, purpose])
            guard db.changesCount == 1 else { return false }
            try book(.move, payment, try Self.credential(ofClaim: payment, db), next, db)
            return true
        }
    }

    package func note(_ invoice: IssuedInvoice) {
        guard InvoiceRow.fits(invoice) else {
            logger.error("an invoice of an impossible amount was not noted", metadata: ["route": "\(invoice.route)"])
            return
        }
        if queue.append(invoice) == .firstDropped {
            logger.error(
                "the disk stands still: the oldest noted invoices are dropped",
                metadata: ["store": "\(path)"]
            )
        }
    }

    package func flush() async throws {
        let writer = try writer()
        do {
            try await writer.writeAll()
        } catch {
            throw StoreFailure(error)
        }
    }

    package func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? {
        // In this order: an invoice leaves the queue only once it is in the database.
        let waiting = queue.first(payment)
        return try await read { try InvoiceRow.fetch(payment, $0) } ?? waiting
    }

    /// An invoice that another process noted is known once that one has written it.
    package func settle(_ payment: PaymentHash, at time: WallTime) async throws -> Bool {
        let queue = queue
        return try await write { db in
            var isSettled = try InvoiceRow.settle(payment, at: time, db)
            if !isSettled, let waiting = queue.first(payment) {
                // It stays in the queue: writing it once more will change nothing.
                if try InvoiceRow.insert(waiting, db) { try LedgerTable.append([LedgerEntry(quoting: waiting)], db) }
                isSettled = try InvoiceRow.settle(payment, at: time, db)
            }
            guard isSettled else { return false }
            let entry = LedgerEntry(.settlement, of: .zero, payment: payment, at: time)
            try LedgerTable.append([LedgerTable.completed(entry, takesAmount: true, db)], db)
            return true
        }
    }

    package var sessions: any SessionLedger { SQLiteSessionLedger(store: self) }
    package var meters: any MeterLedger { SQLiteMeterLedger(store: self) }

    package var books: any Books { SQLiteBooks(store: self) }

    /// Rows about sessions, in their transaction.
    func book(_ entries: [LedgerEntry], _ db: Database) throws {
        try LedgerTable.append(
            try entries.map { try LedgerTable.completed($0, waiting: queue.first($0.payment), db) },
            db
        )
    }

    /// For what is booked and does not bring its time.
    var now: WallTime { time.now() }

    // MARK: Revocations

    package func revoke(_ credential: CredentialID, at time: WallTime) async throws {
        try await write { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO revocations (credential, revokedAt) VALUES (?, ?)
                    ON CONFLICT (credential) DO NOTHING
                    """
            )
            try statement.execute(arguments: [credential.bytes.data, time.milliseconds])
        }
    }

    package func revocations(after position: Int64) async throws -> (credentials: [CredentialID], position: Int64) {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: "SELECT position, credential FROM revocations WHERE position > ? ORDER BY position",
                arguments: [position]
            )
            var credentials = [CredentialID]()
            var last = position
            while let row = try rows.next() {
                credentials.append(CredentialID(try Bytes32(row, "credential")))
                last = row["position"]
            }
            return (credentials, last)
        }
    }

    // MARK: Values

    // Keys are kept as bytes: in a TEXT column a key would end at its first NUL.

    package func value(for key: String) async throws -> [UInt8]? {
        try await read { db in
            let value = try Data.fetchOne(
                db,
                sql: "SELECT value FROM keptValues WHERE key = ?",
                arguments: [Data(key.utf8)]
            )
            return value.map { Array($0) }
        }
    }

    package func setValue(_ value: [UInt8]?, for key: String) async throws {
        guard (value?.count ?? 0) <= Self.largestValue.bytes, key.utf8.count <= Self.largestValue.bytes else {
            throw StoreFailure("a value is larger than \(Self.largestValue)")
        }
        try await write { db in
            guard let value else {
                try db.execute(sql: "DELETE FROM keptValues WHERE key = ?", arguments: [Data(key.utf8)])
                return
            }
            try db.execute(
                sql: """
                    INSERT INTO keptValues (key, value) VALUES (?, ?)
                    ON CONFLICT (key) DO UPDATE SET value = excluded.value
                    """,
                arguments: [Data(key.utf8), Data(value)]
            )
        }
    }

    package func values(withPrefix prefix: String) async throws -> [(key: String, value: [UInt8])] {
        let range = KeyRange(prefix: prefix)
        return try await read { db in
            let rows =
                if let end = range.end {
                    try Row.fetchCursor(
                        db,
                        sql: "SELECT key, value FROM keptValues WHERE key >= ? AND key < ? ORDER BY key",
                        arguments: [range.start, end]
                    )
                } else {
                    try Row.fetchCursor(db, sql: "SELECT key, value FROM keptValues ORDER BY key")
                }
            var values = [(key: String, value: [UInt8])]()
            while let row = try rows.next() {
                let key: Data = row["key"]
                let value: Data = row["value"]
                values.append((String(decoding: key, as: UTF8.self), Array(value)))
            }
            return values
        }
    }
}
