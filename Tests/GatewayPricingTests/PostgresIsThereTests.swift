import PostgresTesting
import Testing

@Suite(.enabled(if: PostgresServer.isExpected, Comment(rawValue: PostgresServer.whyNot)))
struct PostgresIsThereTests {
    @Test func `books are tested on PostgreSQL, too`() {
        #expect(BookPlace.tested.contains(.postgres))
    }
}
