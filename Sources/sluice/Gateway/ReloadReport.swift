/// What became of an attempt to take up the policies as they are now.
package struct ReloadReport: Sendable, Hashable, Codable {
    package enum Result: String, Sendable, Hashable, Codable {
        /// Requests go by the new plan.
        case applied
        /// Nothing that was read has changed.
        case unchanged
        /// `guard: money` stands against it.
        case refused
        /// The policies have mistakes, or something that they name cannot be opened.
        case failed
    }

    package var result: Result
    /// What asked for it: `SIGHUP`, `a changed file`, `admin`.
    package let cause: String
    /// In UTC, as RFC 3339 writes it.
    package let time: String
    /// Why not; empty where it was applied.
    package var reasons: [String] = []
    /// What is different for clients and operators, or would have been.
    package var changes: [String] = []
}
