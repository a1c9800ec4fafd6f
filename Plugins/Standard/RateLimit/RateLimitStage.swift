package import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// Refuses with 429 what comes faster than its rules permit; a refused request counts for nothing.
///
/// Counts are kept in this process and shared by all its event loops. A pipeline that several routes splice in counts
/// for each of them, and a plan that is loaded anew begins with full buckets.
package struct RateLimitStage: StagePlugin {
    package static let word = "rate-limit"

    /// `max-keys` at the most.
    private static let keyBound = 1_000_000

    package let limiter: RateLimiter
    private let time: TimeSource

    package init(_ rules: [RateLimitRule], time: TimeSource) {
        limiter = RateLimiter(rules)
        self.time = time
    }

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        let whole = settings.whole()
        let nodes: [PolicyNode] =
            switch whole.content {
            case .list(let nodes): nodes
            case .empty: []
            case .text, .reference, .map: [whole]
            }
        if nodes.isEmpty {
            settings.note(whole.place, "'rate-limit' needs \(Expectation.rate), or { limit: 20/s, ... }")
        }
        self.init(nodes.compactMap { Self.rule($0, in: settings) }, time: services.time)
    }

    private static func rule(_ node: PolicyNode, in settings: PolicyReader) -> RateLimitRule? {
        guard case .map = node.content else {
            let limit = settings.value(of: node, named: "'\(word)'", expected: Expectation.rate) { Rate(parsing: $0) }
            return limit.flatMap { limit in rule(limit, noting: settings, at: node.place) }
        }
        var reader = settings.reader(for: node, word: word)
        defer { reader.finish() }
        let limit = reader.rate("limit")
        let burst = reader.integer("burst", in: 1...1_000_000_000, or: limit?.count ?? 1)
        let scopes = RateLimitRule.Scope.allCases
        let chosen = reader.choice("per", of: scopes.map(\.rawValue), or: RateLimitRule.Scope.token.rawValue)
        let mostKeys = reader.integer("max-keys", in: 1...keyBound, or: RateLimitRule.defaultMostKeys)
        guard let limit else { return nil }
        return rule(
            limit,
            burst: burst,
            per: RateLimitRule.Scope(rawValue: chosen) ?? .token,
            mostKeys: mostKeys,
            noting: reader,
            at: node.place
        )
    }

    private static func rule(
        _ limit: Rate,
        burst: Int? = nil,
        per scope: RateLimitRule.Scope = .token,
        mostKeys: Int = RateLimitRule.defaultMostKeys,
        noting settings: PolicyReader,
        at place: Place
    ) -> RateLimitRule? {
        if let rule = RateLimitRule(limit, burst: burst, per: scope, mostKeys: mostKeys) { return rule }
        settings.note(place, "a burst of \(burst ?? limit.count) at \(limit) is too large to count")
        return nil
    }

    package var summary: String {
        limiter.rules.map(\.summary).joined(separator: "; ")
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        // A credential that pays for one request names nobody: each is a new one.
        let token = exchange.credential.flatMap { $0.redemption == .every || $0.redemption == .instead ? nil : $0.id }
        let caller = RateLimiter.Caller(token: token, client: exchange.client)
        guard let refusal = limiter.take(caller, at: time.uptime().uptimeNanoseconds) else { return .now(.next) }
        let rule = limiter.rules[refusal.rule]
        var reply = Reply(
            .tooManyRequests,
            detail: "more than \(rule.limit) for this \(caller.key(per: rule.scope).name)"
        )
        reply.fields.add(.retryAfter, String(max(1, refusal.wait.secondsRoundedUp)))
        return .now(.reply(reply))
    }
}
