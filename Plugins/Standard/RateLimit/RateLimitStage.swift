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
    package let readsIfKnown: [StageInput]
    private let time: TimeSource
    private let hasKeys: Bool

    package init(_ rules: [RateLimitRule], time: TimeSource) {
        self.init(rules, time: time, readsIfKnown: [])
    }

    private init(_ rules: [RateLimitRule], time: TimeSource, readsIfKnown: [StageInput]) {
        limiter = RateLimiter(rules)
        self.time = time
        self.readsIfKnown = readsIfKnown
        hasKeys = rules.contains { $0.key != nil }
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
        self.init(
            nodes.compactMap { Self.rule($0, in: settings, services) },
            time: services.time,
            readsIfKnown: nodes.contains(where: Self.asksForTokens) ? [.credential] : []
        )
    }

    /// True where it is written down that each token is counted for itself; that is the default, too.
    private static func asksForTokens(_ node: PolicyNode) -> Bool {
        guard case .map(let entries) = node.content else { return false }
        return entries.contains { entry in
            guard entry.key == "per", case .text(let scope) = entry.value.content else { return false }
            return scope == RateLimitRule.Scope.token.rawValue
        }
    }

    private static func rule(
        _ node: PolicyNode,
        in settings: PolicyReader,
        _ services: Services
    ) -> RateLimitRule? {
        guard case .map = node.content else {
            let limit = settings.value(of: node, named: "'\(word)'", expected: Expectation.rate) { Rate(parsing: $0) }
            return limit.flatMap { limit in rule(limit, noting: settings, at: node.place) }
        }
        var reader = settings.reader(for: node, word: word)
        defer { reader.finish() }
        let limit = reader.rate("limit")
        let burst = reader.integer("burst", in: 1...1_000_000_000, or: limit?.count ?? 1)
        let key = key(from: &reader, services)
        let scopes = RateLimitRule.Scope.allCases
        let chosen =
            key == nil ? reader.choice("per", of: scopes.map(\.rawValue), or: RateLimitRule.Scope.token.rawValue) : ""
        let mostKeys = reader.integer("max-keys", in: 1...keyBound, or: RateLimitRule.defaultMostKeys)
        guard let limit else { return nil }
        return rule(
            limit,
            burst: burst,
            per: RateLimitRule.Scope(rawValue: chosen) ?? .token,
            by: key ?? nil,
            mostKeys: mostKeys,
            noting: reader,
            at: node.place
        )
    }

    /// What `per` says where it is an expression and not one of the words; `.some(nil)` when it is a wrong one.
    private static func key(from settings: inout PolicyReader, _ services: Services) -> Expression?? {
        guard let node = settings.node("per"), case .text(let text) = node.content else { return nil }
        // A word alone is one of the scopes, or was meant to be.
        let isWord = text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || ($0 | 0x20) &- 0x61 < 26 }
        guard !isWord || text == "service" else { return nil }
        return .some(settings.expression(of: node, named: "'per'", in: .rateLimit, services))
    }

    private static func rule(
        _ limit: Rate,
        burst: Int? = nil,
        per scope: RateLimitRule.Scope = .token,
        by key: Expression? = nil,
        mostKeys: Int = RateLimitRule.defaultMostKeys,
        noting settings: PolicyReader,
        at place: Place
    ) -> RateLimitRule? {
        if let rule = RateLimitRule(limit, burst: burst, per: scope, by: key, mostKeys: mostKeys) { return rule }
        settings.note(place, "a burst of \(burst ?? limit.count) at \(limit) is too large to count")
        return nil
    }

    package var isEvadable: Bool { !limiter.rules.isEmpty && limiter.rules.allSatisfy(\.isEvadable) }

    package var summary: String {
        limiter.rules.map(\.summary).joined(separator: "; ")
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        // A credential that pays for one request names nobody: each is a new one.
        let token = exchange.credential.flatMap { $0.redemption == .every || $0.redemption == .instead ? nil : $0.id }
        let values = hasKeys ? limiter.rules.map { $0.key.map { BucketKey($0, of: exchange) } } : []
        let caller = RateLimiter.Caller(token: token, client: exchange.client, values: values)
        for (index, rule) in exchange.isExplained ? Array(limiter.rules.enumerated()) : [] {
            let key = caller.key(for: index, of: limiter.rules)
            exchange.looked(at: "limit", "\(rule.limit), burst \(rule.burst), for \(key.shown)")
        }
        guard let refusal = limiter.take(caller, at: time.uptime().uptimeNanoseconds) else { return .now(.next) }
        let rule = limiter.rules[refusal.rule]
        exchange.looked(at: "wait", refusal.wait.formattedForPolicy)
        var reply = Reply(
            .tooManyRequests,
            detail: "more than \(rule.limit) for this \(caller.key(for: refusal.rule, of: limiter.rules).name)"
        )
        reply.fields.add(.retryAfter, String(max(1, refusal.wait.secondsRoundedUp)))
        return .now(.reply(reply))
    }
}
