import GatewayPricing
import PostgresTesting

/// Where the book of a test is kept.
enum BookPlace: String, CaseIterable, CustomStringConvertible {
    case memory, sqlite, postgres

    /// All that are here: PostgreSQL, where it is installed or has to be.
    static var tested: [BookPlace] { allCases.filter { $0 != .postgres || PostgresServer.isExpected } }

    /// Those that several processes share.
    static var lasting: [BookPlace] { tested.filter { $0 != .memory } }

    var description: String { rawValue }

    /// Runs `body` with an empty place.
    func withStore(_ body: (BookStore) async throws -> Void) async throws {
        switch self {
        case .memory: try await body(.memory)
        case .sqlite:
            let folder = try TemporaryFolder()
            try await body(.sqlite(path: folder.path("prices.db")))
        case .postgres:
            try await PostgresServer.shared.withDatabase { try await body(BookStore(parsing: $0)) }
        }
    }

    /// Runs `body` with an empty book.
    func withBook(_ body: (PriceBook) async throws -> Void) async throws {
        try await withBooks(1) { try await body($0[0]) }
    }

    /// Runs `body` with several pricers' books of one place.
    func withBooks(_ count: Int, _ body: ([PriceBook]) async throws -> Void) async throws {
        try await withStore { store in
            var books = [PriceBook]()
            defer {
                for book in books { try? book.close() }
            }
            for _ in 0..<count { books.append(try await PriceBook.open(store, for: .example)) }
            try await body(books)
        }
    }
}
