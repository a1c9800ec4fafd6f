internal import Dispatch
internal import GRDB
internal import GatewayKit
internal import Stores

/// Where the book is kept, as `--store` says it.
package enum BookStore: Hashable, Sendable {
    /// Lost with the process, and everything that was sold with it.
    case memory
    case sqlite(path: String)

    package static let form = "sqlite: and the path of a file, or memory"

    /// Reads `sqlite:prices.db` or `memory`.
    ///
    /// - Throws: `StartFailure` that says what there is.
    package init(parsing text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        switch (String(parts.first ?? ""), parts.count == 2 ? String(parts[1]) : nil) {
        case ("memory", nil): self = .memory
        case ("sqlite", let path?) where !path.isEmpty && !path.utf8.contains(0): self = .sqlite(path: path)
        case ("postgres", _), ("postgresql", _):
            throw StartFailure("PostgreSQL is not supported yet: a store is \(Self.form)")
        default: throw StartFailure("a store is \(Self.form), not '\(text)'")
        }
    }

    /// - Throws: `StartFailure`.
    func open() async throws -> any DatabaseWriter {
        switch self {
        case .memory:
            let queue = try DatabaseQueue()
            try BookLayout.layout.migrate(queue)
            return queue
        case .sqlite(let path):
            return try await withCheckedThrowingContinuation { continuation in
                // Opening waits for other processes: not on a thread that tasks share.
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try Self.open(path) })
                }
            }
        }
    }

    /// Blocks.
    private static func open(_ path: String) throws -> any DatabaseWriter {
        try DatabaseFile(path: path, layout: BookLayout.layout).open()
    }
}
