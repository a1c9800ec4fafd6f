package import GatewayKit
internal import NIOConcurrencyHelpers

/// Counts requests against rules: a request passes when every rule lets it, and is counted by all of them or by none.
///
/// One lock for all rules of a stage, so that this is exact whichever event loop a client's connections are on. It is
/// held for a few look-ups and never while anything waits; every route has a limiter, and a lock, of its own.
package final class RateLimiter: Sendable {
    /// Whose request it is.
    package struct Caller: Sendable {
        let token: CredentialID?
        let address: BucketKey
        /// One for each rule, or none where no rule counts by an expression.
        let values: [BucketKey?]

        package init(token: CredentialID?, client: Client, values: [BucketKey?] = []) {
            self.token = token
            address = BucketKey(client)
            self.values = values
        }

        package func key(for rule: Int, of rules: [RateLimitRule]) -> BucketKey {
            if values.indices.contains(rule), let value = values[rule] { return value }
            return switch rules[rule].scope {
            case .token: token.map { .token($0) } ?? address
            case .address: address
            case .route: .route
            }
        }
    }

    /// Of the rules that do not let a request pass, the one that takes longest to.
    package struct Refusal: Sendable, Equatable {
        /// Counts from 0.
        package let rule: Int
        /// How long until every rule lets one request pass.
        package let wait: Duration
    }

    package let rules: [RateLimitRule]
    private let tables: NIOLockedValueBox<[BucketTable]>

    package init(_ rules: [RateLimitRule]) {
        self.rules = rules
        tables = NIOLockedValueBox(rules.map { BucketTable($0.allowance, most: $0.mostKeys) })
    }

    /// Counts a request, or says why it does not pass and counts nothing. May be called from any thread; costs no
    /// allocation when the caller has a bucket already.
    ///
    /// - Parameter now: nanoseconds of uptime.
    package func take(_ caller: Caller, at now: UInt64) -> Refusal? {
        tables.withLockedValue { take(from: 0, of: &$0, caller, at: now, refused: nil) }
    }

    /// Buckets that each rule holds now.
    package var bucketCounts: [Int] {
        tables.withLockedValue { $0.map(\.count) }
    }

    /// Asks this rule and then the later ones, and takes only on the way back, when all of them have agreed.
    private func take(
        from rule: Int,
        of tables: inout [BucketTable],
        _ caller: Caller,
        at now: UInt64,
        refused earlier: Refusal?
    ) -> Refusal? {
        guard rule < rules.count else { return earlier }
        let key = caller.key(for: rule, of: rules)
        let used = tables[rule].use(key, at: now)
        var refusal = earlier
        if let wait = used?.wait, wait > earlier?.wait ?? .zero {
            refusal = Refusal(rule: rule, wait: wait)
        }
        if let refusal = take(from: rule + 1, of: &tables, caller, at: now, refused: refusal) { return refusal }
        if let used {
            tables[rule].take(at: used.position)
        } else {
            tables[rule].takeFromNew(key, at: now)
        }
        return nil
    }
}
