import Foundation
import GRDB
import GatewayKit
import GatewayTesting
import Logging
import Stores
import Testing

/// Whoever changes the books is found out, and the row is named.
struct LedgerAuditTests {
    private static let count: Int64 = 5

    /// A file with five rows about claims and five quotes.
    private struct Books {
        let folder: TemporaryFolder
        var path: String { folder.path("sluice.db") }

        init() async throws {
            folder = try TemporaryFolder()
            let store = SQLiteStore(folder.path("sluice.db"))
            try await store.start()
            for number in 1...LedgerAuditTests.count {
                let payment = PaymentHash(Bytes32(number: UInt64(number)))
                let now = TimeSource.system.now()
                store.note(
                    IssuedInvoice(
                        invoice: Invoice(
                            bolt11: "lnbcrt\(number)",
                            paymentHash: payment,
                            amount: Amount(millisatoshis: UInt64(number) * 1_000),
                            expiresAt: now.advanced(by: .seconds(600))
                        ),
                        service: "service",
                        route: "route",
                        issuedAt: now,
                        quote: ExchangeID(UInt64(number)),
                        conversion: "0.02 USD"
                    )
                )
                _ = try await store.claim(payment, for: "a", by: CredentialID(Bytes32(number: UInt64(number))))
            }
            await store.stop()
        }

        func change(_ sql: String) throws {
            let queue = try DatabaseQueue(path: path)
            try queue.write { try $0.execute(sql: sql) }
            try queue.close()
        }

        func audit(knowing heads: [LedgerHead] = []) async throws -> LedgerAudit {
            let store = SQLiteStore(path)
            try await store.start()
            let audit = try await LedgerAudit.of(store.books, knowing: heads)
            await store.stop()
            return audit
        }

        /// The rows of which something was found, each as `money 3`.
        func rows(knowing heads: [LedgerHead] = []) async throws -> [String] {
            try await audit(knowing: heads).findings.map { "\($0.chain) \($0.row)" }
        }
    }

    @Test func `books that nobody changed are whole`() async throws {
        let audit = try await Books().audit()
        #expect(audit.findings == [])
        #expect(audit.rows == 2 * Self.count)
        #expect(audit.heads.map(\.position) == [Self.count, Self.count])
    }

    @Test(arguments: [
        "kind = 'release'", "kind = 'nothing'", "at = at + 1", "amount = amount - 1", "amount = -1", "amount = 'much'",
        "payment = zeroblob(32)", "payment = zeroblob(31)", "service = 'other'", "service = ''", "route = 'other'",
        "quote = '0000000000000009'", "quote = NULL", "quote = 'none'", "credential = zeroblob(32)",
        "credential = NULL",
        "credential = 'none'", "detail = 'b'", "detail = ''", "hash = zeroblob(32)", "hash = zeroblob(31)",
    ])
    func `a field that is changed gives its row away`(_ change: String) async throws {
        let books = try await Books()
        try books.change("UPDATE ledger SET \(change) WHERE chain = 'money' AND position = 3")
        let found = try await books.rows()
        // The row behind it is chained to the hash.
        #expect(found == (change.hasPrefix("hash") ? ["money 3", "money 4"] : ["money 3"]))
    }

    @Test(arguments: [1, 3, 5] as [Int64])
    func `a row that is deleted is missed`(_ row: Int64) async throws {
        let books = try await Books()
        try books.change("DELETE FROM ledger WHERE chain = 'money' AND position = \(row)")
        let found1 = try await books.rows()
        #expect(found1 == ["money \(row)"])
    }

    @Test func `rows that change places give themselves away`() async throws {
        let books = try await Books()
        try books.change("UPDATE ledger SET position = position + 100 WHERE chain = 'money' AND position IN (2, 3)")
        try books.change("UPDATE ledger SET position = 3 WHERE chain = 'money' AND position = 102")
        try books.change("UPDATE ledger SET position = 2 WHERE chain = 'money' AND position = 103")
        let found2 = try await books.rows()
        #expect(found2 == ["money 2", "money 3", "money 4"])
    }

    @Test func `the end of a chain is missed, whatever the chain says of itself`() async throws {
        let books = try await Books()
        let heads = try await books.audit().heads
        try books.change("DELETE FROM ledger WHERE chain = 'money' AND position = 5")
        try books.change(
            """
            UPDATE ledgerChains SET endPosition = 4,
                endHash = (SELECT hash FROM ledger WHERE chain = 'money' AND position = 4)
            WHERE name = 'money'
            """
        )
        let found3 = try await books.rows()
        #expect(found3 == [])
        let found4 = try await books.rows(knowing: heads)
        #expect(found4 == ["money 5"])
    }

    @Test func `a chain that is gone is missed by whoever knew its head`() async throws {
        let books = try await Books()
        let heads = try await books.audit().heads
        try books.change("DELETE FROM ledger WHERE chain = 'money'; DELETE FROM ledgerChains WHERE name = 'money'")
        let found5 = try await books.rows(knowing: heads)
        #expect(found5 == ["money 5"])
    }

    @Test func `a head is read as it is printed`() throws {
        let head = try #require(LedgerHead(parsing: "money/120/\(String(repeating: "ab", count: 32))"))
        #expect(LedgerHead(parsing: head.description) == head)
        for text in ["", "money", "money/1", "/1/ab", "money/x/ab", "money/-1/\(String(repeating: "ab", count: 32))"] {
            #expect(LedgerHead(parsing: text) == nil)
        }
    }

    // MARK: Retention

    private func note(_ store: SQLiteStore, _ number: UInt64, at now: WallTime) async throws {
        let payment = PaymentHash(Bytes32(number: number))
        store.note(
            IssuedInvoice(
                invoice: Invoice(
                    bolt11: "lnbcrt\(number)",
                    paymentHash: payment,
                    amount: Amount(millisatoshis: number),
                    expiresAt: now.advanced(by: .seconds(600))
                ),
                service: "service",
                route: "route",
                issuedAt: now
            )
        )
        _ = try await store.claim(payment, for: "a")
        try await store.flush()
    }

    @Test func `old rows are forgotten, and what is left is whole`() async throws {
        let folder = try TemporaryFolder()
        let time = ManualTime()
        let day = Duration.seconds(86_400)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = SQLiteStore(
            path: folder.path("sluice.db"),
            logger: logger,
            time: time.source,
            keepsQuotes: day * 30,
            keepsMoney: day * 60
        )
        try await store.start()
        try await note(store, 1, at: time.now)
        let early = try await LedgerAudit.of(store.books)
        time.advance(by: day * 31)
        try await note(store, 2, at: time.now)
        var chains = try await store.books.chains()
        #expect(chains.map(\.start) == [0, 1])
        time.advance(by: day * 31)
        try await note(store, 3, at: time.now)
        chains = try await store.books.chains()
        #expect(chains.map(\.start) == [1, 2])
        #expect(chains.map(\.end) == [3, 3])
        let audit = try await LedgerAudit.of(store.books, knowing: early.heads)
        #expect(audit.findings == [])
        #expect(audit.rows == 3)
        await store.stop()
    }

    @Test func `what became of money is kept for ever where nothing else is said`() async throws {
        let folder = try TemporaryFolder()
        let time = ManualTime()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = SQLiteStore(path: folder.path("sluice.db"), logger: logger, time: time.source)
        try await store.start()
        try await note(store, 1, at: time.now)
        time.advance(by: .seconds(86_400 * 3_650))
        try await note(store, 2, at: time.now)
        let chains = try await store.books.chains()
        #expect(chains.map(\.name) == ["money", "quotes"])
        #expect(chains.map(\.start) == [0, 1])
        await store.stop()
    }

    @Test func `rows differ in their bytes wherever they differ at all`() {
        let payment = PaymentHash(Bytes32(number: 1))
        let entry = LedgerEntry(.claim, of: .zero, payment: payment, at: WallTime(seconds: 0), service: "a", route: "b")
        var moved = entry
        moved.service = "ab"
        moved.route = ""
        let bytes = [entry, moved].map { LedgerRow.hashedBytes(of: $0, at: 1, in: "money", after: .zero) }
        #expect(bytes[0] != bytes[1])
    }
}
