/// The books of a store: what happened to money, in chains of rows that nobody changes.
///
/// A store writes them itself, each row of ``LedgerChain/money`` in the transaction of what it tells, and the quotes with
/// the invoices that they ask for. The rows of a chain have one order, also where several processes write them: a store that
/// cannot order them gives each process chains of its own names.
public protocol Books: Sendable {
    /// In the order of their names; those without a row may be left out.
    func chains() async throws -> [LedgerChain]

    /// The rows behind a position, in their order.
    ///
    /// - Parameters:
    ///   - chain: its name.
    ///   - position: 0 begins with the first that is kept.
    ///   - limit: how many at the most; fewer only where there are no more.
    func rows(of chain: String, after position: Int64, limit: Int) async throws -> [LedgerRow]
}

/// The books of a store that keeps none.
package struct NoBooks: Books {
    package init() {}

    package func chains() async throws -> [LedgerChain] { throw StoreFailure("this store keeps no ledger") }
    package func rows(of chain: String, after position: Int64, limit: Int) async throws -> [LedgerRow] {
        throw StoreFailure("this store keeps no ledger")
    }
}
