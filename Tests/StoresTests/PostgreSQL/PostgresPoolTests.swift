import NIOConcurrencyHelpers
import PostgresTesting
import Stores
import Testing

/// A pool and a real server.
@Suite(.timeLimit(.minutes(2)), .enabled(if: PostgresServer.isExpected, Comment(rawValue: PostgresServer.whyNot)))
struct PostgresPoolTests {
    private struct Refusal: Error {}

    // MARK: Values

    @Test func `values come back as they were`() async throws {
        let text = "a'b\\c\"$1 ü \u{10FFFF}"
        let row = try await PostgresPool.with { pool in
            try await pool.transaction { transaction in
                try transaction.row(
                    "SELECT $1, $2, $3, $4, $5, $6, NULL",
                    .integer(.min),
                    .integer(.max),
                    .bytes([0, 1, 39, 92, 255]),
                    .bytes([]),
                    .text(text),
                    .flag(true)
                )
            }
        }
        let found = try #require(row)
        let integers = [try found.integer(0), try found.integer(1)]
        #expect(integers == [.min, .max])
        let bytes = [try found.bytes(2), try found.bytes(3)]
        #expect(bytes == [[0, 1, 39, 92, 255], []])
        let back = try found.text(4)
        #expect(back == text)
        let flag = try found.flag(5)
        #expect(flag)
        #expect(throws: PostgresFailure.self) { try found.bytes(6) }
    }

    @Test func `a text with a zero byte is refused, and not cut off`() async throws {
        await #expect(throws: PostgresFailure.self) {
            try await PostgresPool.with { pool in
                try await pool.transaction { try $0.row("SELECT $1", .text("a\0b"))?.text(0) }
            }
        }
    }

    // MARK: All or nothing

    @Test func `work that fails leaves nothing behind, and its connection is used again`() async throws {
        var settings = PostgresSettings()
        settings.connections = 1
        try await PostgresPool.with(settings) { pool in
            try await pool.transaction { try $0.run(script: "CREATE TABLE t (n bigint)") }
            let before = try await pool.processNumber()
            await #expect(throws: Refusal.self) {
                try await pool.transaction { transaction in
                    try transaction.run("INSERT INTO t VALUES ($1)", .integer(1))
                    throw Refusal()
                }
            }
            let count = try await pool.count()
            #expect(count == 0)
            let after = try await pool.processNumber()
            #expect(after == before)
        }
    }

    @Test func `work that goes on after a statement has failed is not taken for done`() async throws {
        try await PostgresPool.with { pool in
            try await pool.transaction { try $0.run(script: "CREATE TABLE t (n bigint)") }
            await #expect(throws: PostgresFailure.refused(.failedTransaction, "nothing was written")) {
                try await pool.transaction { transaction in
                    try transaction.run("INSERT INTO t VALUES ($1)", .integer(1))
                    _ = try? transaction.run("SELECT 1/0")
                }
            }
            let count = try await pool.count()
            #expect(count == 0)
        }
    }

    // MARK: Again

    @Test func `what the server gives up for others is run again`() async throws {
        let attempts = NIOLockedValueBox(0)
        try await PostgresPool.with { pool in
            try await pool.transaction { try $0.run(script: "CREATE TABLE t (n bigint)") }
            try await pool.transaction { transaction in
                try transaction.run("INSERT INTO t VALUES ($1)", .integer(1))
                attempts.withLockedValue { $0 += 1 }
                guard attempts.withLockedValue({ $0 }) < 3 else { return }
                try transaction.run(script: "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
            }
            let count = try await pool.count()
            #expect(count == 1)
        }
        #expect(attempts.withLockedValue { $0 } == 3)
    }

    @Test func `it is given up in the end`() async throws {
        let attempts = NIOLockedValueBox(0)
        await #expect(throws: PostgresFailure.self) {
            try await PostgresPool.with { pool in
                try await pool.transaction { transaction in
                    attempts.withLockedValue { $0 += 1 }
                    try transaction.run(script: "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")
                }
            }
        }
        #expect(attempts.withLockedValue { $0 } == PostgresSettings().attempts)
    }

    @Test func `a connection that was cut off while nobody used it is replaced`() async throws {
        try await PostgresPool.with { pool in
            let before = try #require(try await pool.processNumber())
            let other = PostgresPool(pool.address)
            try await other.transaction {
                _ = try $0.row("SELECT pg_terminate_backend($1::int, 5000)", .integer(before))
            }
            other.close()
            let after = try await pool.processNumber()
            #expect(after != before)
        }
    }

    @Test func `what was cut off in the middle is run again from the beginning`() async throws {
        let attempts = NIOLockedValueBox(0)
        try await PostgresPool.with { pool in
            try await pool.transaction { try $0.run(script: "CREATE TABLE t (n bigint)") }
            try await pool.transaction { transaction in
                try transaction.run("INSERT INTO t VALUES ($1)", .integer(1))
                attempts.withLockedValue { $0 += 1 }
                guard attempts.withLockedValue({ $0 }) == 1 else { return }
                try transaction.run("SELECT pg_terminate_backend(pg_backend_pid())")
            }
            let count = try await pool.count()
            #expect(count == 1)
        }
    }

    @Test func `what is cut off while it is committed is not run again, since nobody knows`() async throws {
        let attempts = NIOLockedValueBox(0)
        let failure = try await PostgresPool.with { pool -> PostgresFailure? in
            try await pool.transaction { transaction in
                try transaction.run(
                    script: """
                        CREATE TABLE t (n bigint);
                        CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
                            BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END
                        $$;
                        CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                            FOR EACH ROW EXECUTE FUNCTION cut();
                        """
                )
            }
            do {
                try await pool.transaction { transaction in
                    attempts.withLockedValue { $0 += 1 }
                    try transaction.run("INSERT INTO t VALUES ($1)", .integer(1))
                }
                return nil
            } catch let failure as PostgresFailure {
                return failure
            }
        }
        guard case .uncertain = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(attempts.withLockedValue { $0 } == 1)
    }

    // MARK: Time

    @Test func `a statement takes no longer than it may`() async throws {
        var settings = PostgresSettings()
        settings.statementTime = .milliseconds(200)
        let failure = await #expect(throws: PostgresFailure.self) {
            try await PostgresPool.with(settings) { pool in
                try await pool.transaction { _ = try $0.row("SELECT pg_sleep(600)") }
            }
        }
        #expect(failure?.description == "it took longer than it may (57014)")
    }

    @Test func `a server that says nothing is given up, and so is the connection`() async throws {
        var settings = PostgresSettings()
        settings.connections = 1
        settings.answerTime = .seconds(2)
        try await PostgresPool.with(settings) { pool in
            let before = try await pool.processNumber()
            await #expect(throws: PostgresFailure.silent) {
                try await pool.transaction { _ = try $0.row("SELECT pg_sleep(600)") }
            }
            let after = try await pool.processNumber()
            #expect(after != before)
        }
    }
}
