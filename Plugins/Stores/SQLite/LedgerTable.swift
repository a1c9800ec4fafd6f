internal import Foundation
internal import GRDB
internal import GatewayKit

/// The rows of the table `ledger`, and those of `ledgerChains`, which say where each chain begins and ends.
///
/// A chain has one order for all processes: SQLite lets one of them write at a time, and each appends behind the end that it
/// finds in its own transaction.
enum LedgerTable {
    /// Appends entries behind the last rows of their chains.
    static func append(_ entries: [LedgerEntry], _ db: Database) throws {
        for name in [LedgerChain.quotes, LedgerChain.money] {
            let own = entries.filter { $0.chain == name }
            if !own.isEmpty { try append(own, to: name, db) }
        }
    }

    private static func append(_ entries: [LedgerEntry], to name: String, _ db: Database) throws {
        let chain = try chain(name, db)
        var (position, hash) = (chain?.end ?? 0, chain?.endHash ?? .zero)
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO ledger
                    (chain, position, kind, at, amount, payment, service, route, quote, credential, detail, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        for entry in entries {
            guard let amount = Int64(exactly: entry.amount.millisatoshis) else {
                throw StoreFailure("the ledger cannot hold an impossible amount")
            }
            position += 1
            hash = LedgerHash.hash(of: entry, at: position, in: name, after: hash)
            try insert.execute(arguments: [
                name, position, entry.kind.rawValue, entry.time.milliseconds, amount, entry.payment.bytes.data,
                entry.service, entry.route, entry.quote?.description, entry.credential?.bytes.data, entry.detail,
                hash.data,
            ])
        }
        let note = try db.cachedStatement(
            sql: """
                INSERT INTO ledgerChains (name, startPosition, startHash, endPosition, endHash) VALUES (?, 0, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET endPosition = excluded.endPosition, endHash = excluded.endHash
                """
        )
        try note.execute(arguments: [name, Bytes32.zero.data, position, hash.data])
    }

    /// What an entry about a payment can learn from the invoice that was given out for it.
    ///
    /// - Parameter waiting: the invoice where it is not written yet.
    static func completed(
        _ entry: LedgerEntry,
        waiting: IssuedInvoice? = nil,
        takesAmount: Bool = false,
        _ db: Database
    ) throws -> LedgerEntry {
        guard let issued = try InvoiceRow.fetch(entry.payment, db) ?? waiting else { return entry }
        var entry = entry
        entry.complete(with: issued)
        if takesAmount { entry.amount = issued.invoice.amount }
        return entry
    }

    // MARK: Reading

    static func chains(_ db: Database) throws -> [LedgerChain] {
        try Row.fetchAll(db, sql: "SELECT * FROM ledgerChains ORDER BY name").map(chain)
    }

    private static func chain(_ name: String, _ db: Database) throws -> LedgerChain? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM ledgerChains WHERE name = ?")
        return try Row.fetchOne(statement, arguments: [name]).map(chain)
    }

    private static func chain(_ row: Row) throws -> LedgerChain {
        LedgerChain(
            name: row["name"],
            start: row["startPosition"],
            startHash: try Bytes32(row, "startHash"),
            end: row["endPosition"],
            endHash: try Bytes32(row, "endHash")
        )
    }

    static func rows(of chain: String, after position: Int64, limit: Int, _ db: Database) throws -> [LedgerRow] {
        try Row.fetchAll(
            db,
            sql: "SELECT * FROM ledger WHERE chain = ? AND position > ? ORDER BY position LIMIT ?",
            arguments: [chain, position, limit]
        ).map { row in
            LedgerRow(
                chain: chain,
                position: row["position"],
                entry: entry(row),
                hash: (try? Bytes32(row, "hash")) ?? .zero
            )
        }
    }

    /// `nil` for what cannot be an entry, whatever somebody has made of it: columns of SQLite hold any type.
    private static func entry(_ row: Row) -> LedgerEntry? {
        guard let kind = String.fromDatabaseValue(row["kind"]).flatMap(LedgerEntry.Kind.init),
            let time = Int64.fromDatabaseValue(row["at"]),
            let amount = Int64.fromDatabaseValue(row["amount"]).flatMap({ UInt64(exactly: $0) }),
            let payment = Data.fromDatabaseValue(row["payment"]).flatMap({ Bytes32($0) }),
            let service = String.fromDatabaseValue(row["service"]),
            let route = String.fromDatabaseValue(row["route"]),
            let detail = String.fromDatabaseValue(row["detail"])
        else { return nil }
        var entry = LedgerEntry(
            kind,
            of: Amount(millisatoshis: amount),
            payment: PaymentHash(payment),
            at: WallTime(milliseconds: time),
            service: service,
            route: route,
            detail: detail
        )
        let (quote, credential): (DatabaseValue, DatabaseValue) = (row["quote"], row["credential"])
        if !quote.isNull {
            guard let id = String.fromDatabaseValue(quote).flatMap({ ExchangeID(parsing: $0) }) else { return nil }
            entry.quote = id
        }
        if !credential.isNull {
            guard let bytes = Data.fromDatabaseValue(credential).flatMap({ Bytes32($0) }) else { return nil }
            entry.credential = CredentialID(bytes)
        }
        return entry
    }

    // MARK: Forgetting

    /// Forgets the first rows of a chain that are older, a few at a time. What is left is still one chain: where it begins
    /// is noted.
    static func forget(before cutoff: WallTime, of name: String, limit: Int, _ db: Database) throws {
        guard try chain(name, db) != nil else { return }
        guard let last = try lastRow(before: cutoff, of: name, limit: limit, db) else { return }
        try db.execute(
            sql: "UPDATE ledgerChains SET startPosition = ?, startHash = ? WHERE name = ?",
            arguments: [last.position, last.hash, name]
        )
        try db.execute(
            sql: "DELETE FROM ledger WHERE chain = ? AND position <= ?",
            arguments: [name, last.position]
        )
    }

    /// The last of the first rows of a chain that are all older; `nil` where the first is not.
    private static func lastRow(
        before cutoff: WallTime,
        of name: String,
        limit: Int,
        _ db: Database
    ) throws -> (position: Int64, hash: Data)? {
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT position, at, hash FROM ledger WHERE chain = ? ORDER BY position LIMIT ?",
            arguments: [name, limit]
        )
        var last: (position: Int64, hash: Data)?
        while let row = try rows.next(), (row["at"] as Int64) < cutoff.milliseconds {
            last = (row["position"], row["hash"])
        }
        return last
    }
}

/// The books in a SQLite file.
struct SQLiteBooks: Books {
    let store: SQLiteStore

    func chains() async throws -> [LedgerChain] {
        try await store.flush()
        return try await store.read { try LedgerTable.chains($0) }
    }

    func rows(of chain: String, after position: Int64, limit: Int) async throws -> [LedgerRow] {
        try await store.read { try LedgerTable.rows(of: chain, after: position, limit: limit, $0) }
    }
}
