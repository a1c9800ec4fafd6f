/// A value for a `$1` in a statement. Never a part of the statement's text.
package enum PostgresValue: Hashable, Sendable {
    /// `bigint`
    case integer(Int64)
    /// `bytea`
    case bytes([UInt8])
    /// `text`, which cannot hold U+0000: the server refuses it.
    case text(String)
    /// `boolean`
    case flag(Bool)

    /// `bytea`: text of others, which may hold anything, and is equal to nothing but the same bytes.
    package static func utf8(_ text: String) -> PostgresValue { .bytes(Array(text.utf8)) }

    /// The server's number of its type (PostgreSQL, `pg_type.dat`).
    var type: UInt32 {
        switch self {
        case .integer: 20
        case .bytes: 17
        case .text: 25
        case .flag: 16
        }
    }

    /// In the server's binary format: integers in network order, text and bytes as they are.
    var binary: [UInt8] {
        switch self {
        case .integer(let integer): withUnsafeBytes(of: integer.bigEndian) { Array($0) }
        case .bytes(let bytes): bytes
        case .text(let text): Array(text.utf8)
        case .flag(let flag): [flag ? 1 : 0]
        }
    }
}
