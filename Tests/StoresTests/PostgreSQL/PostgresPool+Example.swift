import PostgresTesting
import Stores

extension PostgresPool {
    /// Runs `body` with a pool of an empty database, and closes it.
    static func with<Result: Sendable>(
        _ settings: PostgresSettings = PostgresSettings(),
        _ body: (PostgresPool) async throws -> Result
    ) async throws -> Result {
        try await PostgresServer.shared.withDatabase { address in
            let pool = PostgresPool(try PostgresAddress(parsing: address), settings: settings)
            defer { pool.close() }
            return try await body(pool)
        }
    }

    /// Of the table `t`.
    func count() async throws -> Int64? {
        try await transaction { try $0.row("SELECT count(*) FROM t")?.integer(0) }
    }

    /// Of the server's process at the other end of a connection.
    func processNumber() async throws -> Int64? {
        try await transaction { try $0.row("SELECT pg_backend_pid()")?.integer(0) }
    }
}
