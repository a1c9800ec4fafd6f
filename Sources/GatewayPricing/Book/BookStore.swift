package import GatewayKit
package import Stores

/// Where the book is kept, as `--store` says it.
package enum BookStore: Hashable, Sendable {
    /// Lost with the process, and everything that was sold with it.
    case memory
    case sqlite(path: String)
    /// Shared by any number of pricers.
    case postgres(PostgresAddress)

    package static let form = "sqlite: and the path of a file, \(PostgresAddress.form), or memory"

    /// Reads `sqlite:prices.db`, `postgres://prices@db.example.com/prices` or `memory`.
    ///
    /// - Throws: `StartFailure` that says what there is, and repeats no password.
    package init(parsing text: String) throws(StartFailure) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        switch (String(parts.first ?? ""), parts.count == 2 ? String(parts[1]) : nil) {
        case ("memory", nil): self = .memory
        case ("sqlite", let path?) where !path.isEmpty && !path.utf8.contains(0): self = .sqlite(path: path)
        case ("postgres", _?), ("postgresql", _?): self = .postgres(try PostgresAddress(parsing: text))
        // What stands behind the first word may be an address with a password.
        case (let word, _): throw StartFailure("a store is \(Self.form), and none of them is '\(word)'")
        }
    }

    /// - Throws: `StartFailure`.
    func open() async throws -> any BookDatabase {
        switch self {
        case .memory: return try SQLiteBook.inMemory()
        case .sqlite(let path): return try await SQLiteBook.open(path)
        case .postgres(let address): return try await PostgresBook.open(address)
        }
    }
}
