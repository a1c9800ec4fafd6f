import GatewayKit
import PostgresTesting
import Stores
import Testing

/// Versions of tables.
@Suite(.timeLimit(.minutes(1)), .enabled(if: PostgresServer.isExpected, Comment(rawValue: PostgresServer.whyNot)))
struct PostgresLayoutTests {
    private static let one = PostgresLayout(
        name: "test",
        versions: [("1: a table", "CREATE TABLE sluice.t (n bigint); INSERT INTO sluice.t VALUES (1)")]
    )
    private static let two = PostgresLayout(
        name: "test",
        versions: one.versions + [(name: "2: a row", sql: "INSERT INTO sluice.t VALUES (2)")]
    )

    private func withAddress(_ body: (PostgresAddress) async throws -> Void) async throws {
        try await PostgresServer.shared.withDatabase { try await body(PostgresAddress(parsing: $0)) }
    }

    private func count(_ pool: PostgresPool) async throws -> Int64? {
        try await pool.transaction { try $0.row("SELECT count(*) FROM sluice.t")?.integer(0) }
    }

    @Test func `a database is brought to the newest version, each of them once`() async throws {
        try await withAddress { address in
            for (layout, rows) in [(Self.one, 1), (Self.one, 1), (Self.two, 2), (Self.two, 2)] {
                let pool = try await PostgresPool.open(address, layout: layout)
                let count = try await count(pool)
                #expect(count == Int64(rows))
                pool.close()
            }
        }
    }

    @Test func `many that start together bring it there once`() async throws {
        try await withAddress { address in
            let pools = try await withThrowingTaskGroup(of: PostgresPool.self) { group in
                for _ in 0..<8 { group.addTask { try await PostgresPool.open(address, layout: Self.two) } }
                return try await group.reduce(into: [PostgresPool]()) { $0.append($1) }
            }
            let count = try await count(try #require(pools.first))
            #expect(count == 2)
            for pool in pools { pool.close() }
        }
    }

    @Test func `a database of a newer version is left alone`() async throws {
        try await withAddress { address in
            try await PostgresPool.open(address, layout: Self.two).close()
            let failure = await #expect(throws: StartFailure.self) {
                try await PostgresPool.open(address, layout: Self.one)
            }
            #expect(failure?.description.contains("newer version of sluice") == true)
        }
    }

    @Test func `layouts share a database`() async throws {
        try await withAddress { address in
            try await PostgresPool.open(address, layout: Self.one).close()
            let other = PostgresLayout(name: "other", versions: [("1: a table", "CREATE TABLE sluice.o (n bigint)")])
            let pool = try await PostgresPool.open(address, layout: other)
            let count = try await count(pool)
            #expect(count == 1)
            pool.close()
        }
    }

    @Test func `a version that fails leaves nothing behind`() async throws {
        try await withAddress { address in
            let broken = PostgresLayout(
                name: "test",
                versions: Self.one.versions + [(name: "2: a mistake", sql: "SELECT 1/0")]
            )
            await #expect(throws: StartFailure.self) { try await PostgresPool.open(address, layout: broken) }
            let pool = PostgresPool(address)
            let isThere = try await pool.transaction {
                try $0.row("SELECT to_regnamespace('sluice') IS NOT NULL")?.flag(0)
            }
            #expect(isThere == false)
            pool.close()
        }
    }
}
