/// What `body` returns; `nil` where it takes longer than that, and is cancelled.
///
/// - Throws: what `body` throws, and `CancellationError`.
func outcome<Value: Sendable>(
    within limit: Duration,
    of body: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { return nil }
        return first
    }
}
