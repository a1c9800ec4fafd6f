package import GatewayKit

/// So many requests in a period, for each token, address or for the route.
package struct RateLimitRule: Sendable {
    package enum Scope: String, Sendable, CaseIterable {
        /// For each token; for each address where there is none.
        case token
        case address
        case route
    }

    package static let defaultMostKeys = 10_000

    /// What clients cannot make up, nor wait for.
    private static let given: Set<ExpressionVariable> = [
        .address, .route, .service, .scheme, .credentialScheme, .credentialIsPaid,
    ]

    package let limit: Rate
    /// How many requests may come at once after a pause.
    package let burst: Int
    package let scope: Scope
    /// Counts by what it gives, in place of `scope`.
    package let key: Expression?
    /// Buckets that are kept at the most.
    package let mostKeys: Int
    package let allowance: Allowance

    /// `nil` when the burst is below 1, or too large to count over so long a period.
    package init?(
        _ limit: Rate,
        burst: Int? = nil,
        per scope: Scope = .token,
        by key: Expression? = nil,
        mostKeys: Int = Self.defaultMostKeys
    ) {
        guard let allowance = Allowance(limit, burst: burst ?? limit.count) else { return nil }
        self.limit = limit
        self.burst = burst ?? limit.count
        self.scope = scope
        self.key = key
        self.mostKeys = mostKeys
        self.allowance = allowance
    }

    /// True when clients choose what they are counted by: each of their requests may have a bucket of its own.
    package var isEvadable: Bool { key.map { !$0.reads.isSubset(of: Self.given) } ?? false }

    package var summary: String {
        let scope = key?.description ?? (scope == .token ? "token or address" : scope.rawValue)
        return "\(limit)\(burst == limit.count ? "" : " burst \(burst)"), per \(scope)"
    }
}
