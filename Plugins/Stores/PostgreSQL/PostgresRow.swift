/// A row that the server has answered, copied, in its binary format. Columns count from zero.
///
/// A column that is not of the type that is asked for is a failure, and so is a NULL.
package struct PostgresRow: Hashable, Sendable {
    private let columns: [[UInt8]?]

    package init(_ columns: [[UInt8]?]) {
        self.columns = columns
    }

    package func bytes(_ column: Int) throws(PostgresFailure) -> [UInt8] {
        guard columns.indices.contains(column), let bytes = columns[column] else {
            throw .unreadable("the database holds nothing where a value should be")
        }
        return bytes
    }

    /// Of `bigint` and `integer`.
    package func integer(_ column: Int) throws(PostgresFailure) -> Int64 {
        let bytes = try bytes(column)
        guard bytes.count == 8 || bytes.count == 4 else {
            throw .unreadable("the database holds something else where an integer should be")
        }
        let pattern = bytes.reduce(into: UInt64(0)) { $0 = $0 << 8 | UInt64($1) }
        return bytes.count == 8
            ? Int64(bitPattern: pattern) : Int64(Int32(bitPattern: UInt32(truncatingIfNeeded: pattern)))
    }

    /// Of `text`, and of `bytea` that holds UTF-8.
    package func text(_ column: Int) throws(PostgresFailure) -> String {
        guard let text = String(validating: try bytes(column), as: UTF8.self) else {
            throw .unreadable("the database holds something else where a text should be")
        }
        return text
    }

    /// Of `boolean`.
    package func flag(_ column: Int) throws(PostgresFailure) -> Bool {
        switch try bytes(column) {
        case [0]: false
        case [1]: true
        default: throw .unreadable("the database holds something else where a yes or a no should be")
        }
    }
}
