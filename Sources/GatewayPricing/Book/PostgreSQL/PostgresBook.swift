internal import GatewayKit
internal import Stores

/// A book in a database of PostgreSQL, for any number of pricers. Transactions of one bundle come one after the other, those of
/// others beside them.
struct PostgresBook: BookDatabase {
    private let pool: PostgresPool

    static func open(_ address: PostgresAddress) async throws(StartFailure) -> PostgresBook {
        PostgresBook(pool: try await PostgresPool.open(address, layout: PostgresBookLayout.layout))
    }

    func write<Value: Sendable>(
        _ change: @escaping @Sendable (any BookTransaction) throws -> Value
    ) async throws(StoreFailure) -> Value {
        do {
            return try await pool.transaction { try change(PostgresBookTransaction(transaction: $0)) }
        } catch let failure as StoreFailure {
            throw failure
        } catch is CancellationError {
            throw StoreFailure("the request was cancelled while the book was asked")
        } catch {
            throw StoreFailure("the book cannot answer: \(error)")
        }
    }

    func close() throws {
        pool.close()
    }
}
