internal import Dispatch
internal import GRDB
internal import GatewayKit
internal import Stores

/// A book in a file, or in memory. One transaction at a time has it, of all processes.
struct SQLiteBook: BookDatabase {
    private let database: any DatabaseWriter

    private init(_ database: any DatabaseWriter) {
        self.database = database
    }

    /// - Throws: `StartFailure`.
    static func inMemory() throws -> SQLiteBook {
        let queue = try DatabaseQueue()
        try BookLayout.layout.migrate(queue)
        return SQLiteBook(queue)
    }

    /// - Throws: `StartFailure`.
    static func open(_ path: String) async throws -> SQLiteBook {
        try await withCheckedThrowingContinuation { continuation in
            // Opening waits for other processes: not on a thread that tasks share.
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result { SQLiteBook(try DatabaseFile(path: path, layout: BookLayout.layout).open()) }
                )
            }
        }
    }

    func write<Value: Sendable>(
        _ change: @escaping @Sendable (any BookTransaction) throws -> Value
    ) async throws(StoreFailure) -> Value {
        do {
            return try await database.write { try change(SQLiteBookTransaction(db: $0)) }
        } catch let failure as StoreFailure {
            throw failure
        } catch let error as DatabaseError {
            throw StoreFailure("the book cannot answer: \(error.sentence)")
        } catch {
            throw StoreFailure("\(error)")
        }
    }

    func close() throws {
        try database.close()
    }
}
