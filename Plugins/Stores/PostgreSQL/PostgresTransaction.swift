/// A transaction that is under way: what a pool hands to its work, and no good beyond it.
///
/// A statement is a literal, so that no value can become a part of it: values are bound, `$1` to the first.
package struct PostgresTransaction {
    let connection: PostgresConnection

    package func rows(_ sql: StaticString, _ values: PostgresValue...) throws(PostgresFailure) -> [PostgresRow] {
        try connection.ask(sql, values).rows
    }

    /// The first row; `nil` when there is none.
    package func row(_ sql: StaticString, _ values: PostgresValue...) throws(PostgresFailure) -> PostgresRow? {
        try connection.ask(sql, values).rows.first
    }

    /// - Returns: how many rows it wrote.
    @discardableResult
    package func run(_ sql: StaticString, _ values: PostgresValue...) throws(PostgresFailure) -> Int {
        try connection.ask(sql, values).count
    }

    /// Runs several statements, with semicolons between them.
    package func run(script: StaticString) throws(PostgresFailure) {
        try connection.run(script: script)
    }
}
