/// Requests in a closed loop: each connection or stream asks again as soon as it was answered.
protocol Load: Sendable {
    /// - Parameter seconds: how long it runs.
    /// - Throws: `BenchFailure` when an answer is not the expected one.
    func run(on gateway: Gateway, seconds: Int, bench: Workbench) throws -> LoadResult
}
