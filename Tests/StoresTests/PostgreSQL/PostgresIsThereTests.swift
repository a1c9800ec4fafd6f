import PostgresTesting
import Testing

@Suite(.enabled(if: PostgresServer.isExpected, Comment(rawValue: PostgresServer.whyNot)))
struct PostgresIsThereTests {
    @Test func `PostgreSQL is there`() async throws {
        _ = try await PostgresServer.shared
    }
}
