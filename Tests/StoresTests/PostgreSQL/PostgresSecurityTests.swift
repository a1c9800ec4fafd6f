import PostgresTesting
import Stores
import Testing

/// Getting in, with TLS as libpq has it.
@Suite(.timeLimit(.minutes(1)), .enabled(if: PostgresServer.isExpected, Comment(rawValue: PostgresServer.whyNot)))
struct PostgresSecurityTests {
    /// Whether the connection has TLS.
    private func hasTLS(_ address: String) async throws -> Bool? {
        let pool = PostgresPool(try PostgresAddress(parsing: address))
        defer { pool.close() }
        return try await pool.transaction {
            try $0.row("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")?.flag(0)
        }
    }

    @Test func `a server whose certificate is the right one is talked to with TLS`() async throws {
        let server = try await PostgresServer.shared
        let isSecret = try await server.withDatabase { address in
            try await hasTLS("\(server.byName(address))&sslmode=verify-full&sslrootcert=\(server.certificate)")
        }
        #expect(isSecret == true)
    }

    @Test func `a server whose certificate is for another name, or that nobody knows, is not talked to`() async throws {
        let server = try await PostgresServer.shared
        try await server.withDatabase { address in
            let wrong = [
                "\(address)?sslmode=verify-full&sslrootcert=\(server.certificate)",
                "\(server.byName(address))&sslmode=verify-full&sslrootcert=/nowhere/root.crt",
            ]
            for address in wrong {
                let failure = await #expect(throws: PostgresFailure.self) { try await hasTLS(address) }
                guard case .unreachable = failure else {
                    Issue.record("\(String(describing: failure))")
                    return
                }
            }
        }
    }

    @Test func `a wrong password is told, and not repeated`() async throws {
        let server = try await PostgresServer.shared
        try await server.withDatabase { address in
            let start = try #require(address.firstIndex(of: "@"))
            let wrong = "postgres://postgres:open-sesame" + address[start...]
            let failure = await #expect(throws: PostgresFailure.self) { try await hasTLS(wrong) }
            #expect(failure?.description.contains("password authentication failed") == true)
            #expect(failure?.description.contains("sesame") == false)
        }
    }

    @Test func `where nobody listens it is said, and said again without another try`() async throws {
        var settings = PostgresSettings()
        settings.reconnect = ReconnectPause(first: .seconds(600), longest: .seconds(600))
        let pool = PostgresPool(try PostgresAddress(parsing: "postgres://127.0.0.1:1/d"), settings: settings)
        defer { pool.close() }
        let first = await #expect(throws: PostgresFailure.self) { try await pool.processNumber() }
        #expect(first?.description.contains("Connection refused") == true)
        let second = await #expect(throws: PostgresFailure.self) { try await pool.processNumber() }
        #expect(second == first)
    }
}
