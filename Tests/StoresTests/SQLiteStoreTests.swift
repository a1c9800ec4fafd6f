import GRDB
import GatewayKit
import GatewayTesting
import Stores
import Testing

struct SQLiteStoreTests {
    private func issued(_ number: UInt64) -> IssuedInvoice {
        IssuedInvoice(
            invoice: Invoice(
                bolt11: "lnbcrt\(number)",
                paymentHash: PaymentHash(Bytes32(number: number)),
                amount: Amount(millisatoshis: number),
                expiresAt: WallTime(seconds: 1)
            ),
            service: "service",
            route: "route",
            issuedAt: WallTime(seconds: 0)
        )
    }

    @Test func `of two stores on one file exactly one gets each payment`() async throws {
        let folder = try TemporaryFolder()
        let stores = [SQLiteStore(folder.path("sluice.db")), SQLiteStore(folder.path("sluice.db"))]
        for store in stores {
            try await store.start()
        }
        let wins = try await withThrowingTaskGroup(of: UInt64?.self) { group in
            for number in 0..<UInt64(50) {
                for store in stores + stores {
                    group.addTask {
                        try await store.claim(PaymentHash(Bytes32(number: number))) ? number : nil
                    }
                }
            }
            return try await group.reduce(into: [UInt64]()) { wins, win in
                if let win { wins.append(win) }
            }
        }
        #expect(wins.sorted() == Array(0..<50))
        for store in stores {
            await store.stop()
        }
    }

    @Test func `what one store writes the other reads`() async throws {
        let folder = try TemporaryFolder()
        let first = SQLiteStore(folder.path("sluice.db"))
        let second = SQLiteStore(folder.path("sluice.db"))
        try await first.start()
        try await second.start()
        try await first.revoke(CredentialID(.zero), at: WallTime(seconds: 1))
        try await first.setValue([1], for: "test/key")
        first.note(issued(7))
        try await first.flush()
        #expect(try await second.revocations(after: 0).credentials == [CredentialID(.zero)])
        #expect(try await second.value(for: "test/key") == [1])
        #expect(try await second.settle(PaymentHash(Bytes32(number: 7)), at: WallTime(seconds: 2)))
        #expect(try await first.invoice(PaymentHash(Bytes32(number: 7)))?.state == .settled)
        await first.stop()
        await second.stop()
    }

    @Test func `noted invoices are written without being flushed`() async throws {
        let folder = try TemporaryFolder()
        let first = SQLiteStore(folder.path("sluice.db"))
        let second = SQLiteStore(folder.path("sluice.db"))
        try await first.start()
        try await second.start()
        first.note(issued(7))
        var found: IssuedInvoice?
        // Bounded by reads and not by a clock: it is there after a twentieth of a second.
        for _ in 0..<1_000_000 where found == nil {
            found = try await second.invoice(PaymentHash(Bytes32(number: 7)))
        }
        #expect(found == issued(7))
        await first.stop()
        await second.stop()
    }

    @Test func `invoices noted before the start are written after it`() async throws {
        let folder = try TemporaryFolder()
        let store = SQLiteStore(folder.path("sluice.db"))
        store.note(issued(7))
        try await store.start()
        try await store.flush()
        #expect(try await store.invoice(PaymentHash(Bytes32(number: 7))) == issued(7))
        await store.stop()
    }

    @Test func `an invoice of more than SQLite can count is refused`() async throws {
        let folder = try TemporaryFolder()
        let store = SQLiteStore(folder.path("sluice.db"))
        try await store.start()
        store.note(issued(UInt64(Int64.max)))
        store.note(issued(UInt64(Int64.max) + 1))
        store.note(issued(.max))
        try await store.flush()
        #expect(try await store.invoice(PaymentHash(Bytes32(number: UInt64(Int64.max)))) != nil)
        #expect(try await store.invoice(PaymentHash(Bytes32(number: UInt64(Int64.max) + 1))) == nil)
        #expect(try await store.invoice(PaymentHash(Bytes32(number: .max))) == nil)
        await store.stop()
    }

    @Test func `a value that is too large is refused`() async throws {
        let folder = try TemporaryFolder()
        let store = SQLiteStore(folder.path("sluice.db"))
        try await store.start()
        let value = [UInt8](repeating: 0, count: SQLiteStore.largestValue.bytes + 1)
        await #expect(throws: StoreFailure("a value is larger than 256 MiB")) {
            try await store.setValue(value, for: "test/key")
        }
        await store.stop()
    }

    @Test func `positions of revocations are never used twice`() async throws {
        let folder = try TemporaryFolder()
        let store = SQLiteStore(folder.path("sluice.db"))
        try await store.start()
        try await store.revoke(CredentialID(Bytes32(number: 1)), at: WallTime(seconds: 1))
        let position = try await store.revocations(after: 0).position
        let pool = try DatabaseFile(path: folder.path("sluice.db")).open()
        try await pool.write { try $0.execute(sql: "DELETE FROM revocations") }
        try pool.close()
        try await store.revoke(CredentialID(Bytes32(number: 2)), at: WallTime(seconds: 1))
        #expect(try await store.revocations(after: position).credentials == [CredentialID(Bytes32(number: 2))])
        await store.stop()
    }

    @Test func `a row that cannot be right is a failure and no trap`() async throws {
        let folder = try TemporaryFolder()
        let store = SQLiteStore(folder.path("sluice.db"))
        try await store.start()
        let pool = try DatabaseFile(path: folder.path("sluice.db")).open()
        try await pool.write { db in
            try db.execute(
                sql: """
                    PRAGMA ignore_check_constraints = ON;
                    INSERT INTO revocations VALUES (1, x'00', 0);
                    INSERT INTO invoices VALUES (zeroblob(32), 'b', -1, 0, 's', 'r', 0, 'open', NULL, NULL, NULL, NULL);
                    """
            )
        }
        try pool.close()
        await #expect(throws: StoreFailure("the database holds a credential that is not 32 bytes")) {
            try await store.revocations(after: 0)
        }
        await #expect(throws: StoreFailure("the database holds an invoice that cannot be right")) {
            try await store.invoice(PaymentHash(.zero))
        }
        await store.stop()
    }
}
