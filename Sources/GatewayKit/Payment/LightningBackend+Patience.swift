extension LightningBackend {
    /// Whether a payment has arrived whose preimage is known to somebody: a node may take a moment to say so.
    ///
    /// - Returns: false when it has not within three seconds.
    /// - Throws: what the node says, and `LightningFailure` when it says nothing in time.
    public func isSettledSoon(_ payment: PaymentHash) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for pause in [0, 100, 200, 400, 800, 1_500] {
                    try await Task.sleep(for: .milliseconds(pause))
                    if try await isSettled(payment) { return true }
                }
                return false
            }
            group.addTask {
                try await Task.sleep(for: .seconds(6))
                throw LightningFailure(.unavailable, "no word about a payment in 6s")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
