internal import GatewayKit

/// Where a book is kept. May be used from any task.
protocol BookDatabase: Sendable {
    /// Runs `change` as one transaction, which is on disk before this returns.
    ///
    /// - Parameter change: may run several times; all but the last are forgotten.
    func write<Value: Sendable>(
        _ change: @escaping @Sendable (any BookTransaction) throws -> Value
    ) async throws(StoreFailure) -> Value

    func close() throws
}
