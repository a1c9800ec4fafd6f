import Foundation
import GRDB
import GatewayKit
import GatewayTesting
import Logging
import Stores
import Testing

struct ForgottenInvoicesTests {
    private let time = ManualTime()
    private static let day = Duration.seconds(24 * 3_600)

    private func issued(_ number: UInt64, expiresIn: Duration = .seconds(600)) -> IssuedInvoice {
        IssuedInvoice(
            invoice: Invoice(
                bolt11: "lnbcrt\(number)",
                paymentHash: PaymentHash(Bytes32(number: number)),
                amount: Amount(millisatoshis: number),
                expiresAt: time.now.advanced(by: expiresIn)
            ),
            service: "service",
            route: "route",
            issuedAt: time.now
        )
    }

    private func withSQLite(_ body: (SQLiteStore, _ path: String) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = SQLiteStore(path: path, logger: logger, time: time.source)
        try await store.start()
        try await body(store, path)
        await store.stop()
    }

    private func count(_ path: String) async throws -> Int? {
        let pool = try DatabaseFile(path: path).open()
        defer { try? pool.close() }
        return try await pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM invoices") }
    }

    /// Notes one more invoice, which brings a round of deleting with it.
    private func round(_ store: any Store, _ number: UInt64) async throws {
        store.note(issued(1_000_000 + number))
        try await store.flush()
    }

    // MARK: Any store

    /// Notes three invoices, one settled and one claimed, and returns those known when the third may be forgotten.
    private func survivors(_ store: any Store) async throws -> [UInt64] {
        for number in UInt64(1)...3 {
            store.note(issued(number))
        }
        try await store.flush()
        #expect(try await store.settle(PaymentHash(Bytes32(number: 1)), at: time.now))
        #expect(try await store.claim(PaymentHash(Bytes32(number: 2))))
        time.advance(by: .seconds(601) + Self.day)
        for number in UInt64(0)..<3 {
            try await round(store, number)
        }
        var known = [UInt64]()
        for number in UInt64(1)...3 where try await store.invoice(PaymentHash(Bytes32(number: number))) != nil {
            known.append(number)
        }
        return known
    }

    @Test func `the SQLite store forgets what nobody paid, and nothing that was settled or claimed`() async throws {
        try await withSQLite { store, _ in
            let known = try await survivors(store)
            #expect(known == [1, 2])
        }
    }

    @Test func `the memory store forgets what nobody paid, and nothing that was settled or claimed`() async throws {
        let known = try await survivors(MemoryStore(time: time.source))
        #expect(known == [1, 2])
    }

    @Test func `a claim is never forgotten with its invoice`() async throws {
        try await withSQLite { store, _ in
            store.note(issued(1))
            try await store.flush()
            time.advance(by: .seconds(601) + Self.day)
            try await round(store, 0)
            let payment = PaymentHash(Bytes32(number: 1))
            #expect(try await store.invoice(payment) == nil)
            #expect(try await store.claim(payment))
            #expect(try await !store.claim(payment))
        }
    }

    // MARK: SQLite

    @Test func `an open invoice stays for a day after its end`() async throws {
        try await withSQLite { store, _ in
            store.note(issued(1))
            try await store.flush()
            time.advance(by: .seconds(600) + Self.day)
            try await round(store, 0)
            #expect(try await store.invoice(PaymentHash(Bytes32(number: 1))) != nil)
            time.advance(by: .milliseconds(1))
            try await round(store, 1)
            #expect(try await store.invoice(PaymentHash(Bytes32(number: 1))) == nil)
        }
    }

    @Test func `nothing is forgotten until payments of the time before the start were told`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        let first = SQLiteStore(path)
        try await first.start()
        first.note(issued(1))
        await first.stop()
        time.advance(by: .seconds(30 * 24 * 3_600))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let second = SQLiteStore(path: path, logger: logger, time: time.source)
        try await second.start()
        try await round(second, 0)
        #expect(try await second.settle(PaymentHash(Bytes32(number: 1)), at: time.now))
        time.advance(by: .seconds(600))
        try await round(second, 1)
        #expect(try await second.invoice(PaymentHash(Bytes32(number: 1)))?.state == .settled)
        await second.stop()
    }

    @Test func `a round deletes a thousand at the most, and the next goes on`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        let store = SQLiteStore(path)
        try await store.start()
        for number in UInt64(0)..<2_500 {
            store.note(issued(number))
        }
        await store.stop()
        let expired = ExpiredInvoices(time: time.source)
        time.advance(by: .seconds(601) + Self.day)
        let pool = try DatabaseFile(path: path).open()
        var counts = [Int?]()
        for _ in 0..<4 {
            try await pool.write { try expired.delete($0) }
            counts.append(try await count(path))
        }
        try pool.close()
        #expect(counts == [1_500, 500, 0, 0])
    }

    @Test func `claimed invoices do not keep the others from being found`() async throws {
        try await withSQLite { store, path in
            for number in UInt64(0)..<1_100 {
                store.note(issued(number))
            }
            try await store.flush()
            // In one transaction: eleven hundred claims would be as many writes to the disk.
            let pool = try DatabaseFile(path: path).open()
            try await pool.write { db in
                for number in UInt64(0)..<1_100 {
                    try db.execute(
                        sql: "INSERT INTO claims (payment) VALUES (?)",
                        arguments: [Data(Bytes32(number: number).array)]
                    )
                }
            }
            try pool.close()
            time.advance(by: .seconds(1))
            store.note(issued(2_000))
            try await store.flush()
            time.advance(by: .seconds(601) + Self.day)
            try await round(store, 0)
            try await round(store, 1)
            #expect(try await store.invoice(PaymentHash(Bytes32(number: 2_000))) == nil)
            #expect(try await count(path) == 1_102)
        }
    }

    @Test func `finding them needs no look at the whole table`() async throws {
        try await withSQLite { _, path in
            let pool = try DatabaseFile(path: path).open()
            let plan = try await pool.read { db in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(ExpiredInvoices.query)", arguments: [0, Data(), 9, 9])
                    .map { $0["detail"] as String }
            }
            try pool.close()
            #expect(plan.contains { $0.hasPrefix("SEARCH invoices USING") && $0.contains("openInvoicesByExpiry") })
            #expect(!plan.contains { $0.contains("SCAN invoices") || $0.contains("B-TREE") }, "\(plan)")
        }
    }

    // MARK: Memory

    @Test func `the memory store keeps so many open invoices and no more`() async throws {
        let store = MemoryStore(time: time.source, capacity: 10)
        for number in UInt64(0)..<100 {
            store.note(issued(number))
        }
        var known = [UInt64]()
        for number in UInt64(0)..<100 where try await store.invoice(PaymentHash(Bytes32(number: number))) != nil {
            known.append(number)
        }
        #expect(known == Array(90..<100))
    }
}
