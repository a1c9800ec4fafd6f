package import GRDB
internal import GatewayKit

extension Database {
    /// One transaction, on the thread of the database.
    ///
    /// - Parameters:
    ///   - isDurable: false: it is in the write-ahead log when this returns, and nobody has waited for the disk. The next
    ///     transaction that does brings it there, too: it is one file, written in order (SQLite, "PRAGMA synchronous").
    ///   - change: what is to be done.
    package func transaction<Value>(isDurable: Bool, _ change: (Database) throws -> Value) throws -> Value {
        // Not within a transaction: SQLite takes no change there.
        if !isDurable {
            do {
                try execute(sql: "PRAGMA synchronous = NORMAL")
            } catch {
                // It takes effect before it is run.
                try? execute(sql: "PRAGMA synchronous = FULL")
                throw error
            }
        }
        defer {
            if !isDurable { syncAgain() }
        }
        var value: Value?
        try inTransaction {
            value = try change(self)
            return .commit
        }
        guard let value else { throw StoreFailure("a transaction of the store has left no answer") }
        return value
    }

    /// What comes next is about money, and to be on disk before it is answered.
    private func syncAgain() {
        do {
            try execute(sql: "PRAGMA synchronous = FULL")
        } catch {
            // Rather nothing is sold than something twice. Nobody brings this about from outside: it takes no memory to be left.
            fatalError("the database does not go back to writing safely: \(error)")
        }
    }
}
