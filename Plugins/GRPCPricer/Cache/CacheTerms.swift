package import GatewayKit

/// How long prices are kept, and what they depend on.
package struct CacheTerms: Sendable, Hashable {
    package static let usualCount = 10_000

    /// How long a price holds without being asked for again.
    package var lifetime: Duration
    /// How much longer it holds where the server gives none.
    package var grace = Duration.zero
    /// Prices that are kept; the oldest ones make room.
    package var count = Self.usualCount
    /// Fields of the request that the price depends on, beside its method, host and path.
    package var fields: [FieldName] = []
    /// Whether it depends on the query.
    package var countsQuery = true
    /// Whether it depends on what the server is shown of the body.
    package var countsBody = true

    package init(lifetime: Duration) {
        self.lifetime = lifetime
    }

    /// `cache: 5s`, or `cache: { for: 5s, headers: [x-model], query: false, body: false, entries: 1000 }`, and
    /// `stale-if-error: 10m` beside it; `nil` where there is none.
    static func one(from settings: inout PolicyReader) -> CacheTerms? {
        var terms = written(in: &settings)
        guard settings.node("stale-if-error") != nil else { return terms }
        let grace = settings.duration("stale-if-error")
        if terms == nil {
            settings.note(
                settings.error(at: "stale-if-error", "needs 'cache': without one no price is kept to be used again")
            )
        }
        terms?.grace = grace
        return terms
    }

    private static func written(in settings: inout PolicyReader) -> CacheTerms? {
        guard let node = settings.node("cache") else { return nil }
        switch node.content {
        case .text, .reference:
            return CacheTerms(lifetime: settings.duration("cache"))
        case .map, .list, .empty:
            guard var reader = settings.section("cache") else { return nil }
            defer { reader.finish() }
            var terms = CacheTerms(lifetime: reader.duration("for"))
            for node in reader.nodes("headers") {
                let expected = "the name of a header field such as x-model"
                guard let name = reader.value(of: node, named: "'headers'", expected: expected, { FieldName($0) })
                else { continue }
                if terms.fields.contains(name) { reader.note(node.place, "'headers' names \(name) already") }
                terms.fields.append(name)
            }
            terms.countsQuery = reader.flag("query", or: true)
            terms.countsBody = reader.flag("body", or: true)
            terms.count = reader.integer("entries", in: 1...1_000_000, or: usualCount)
            return terms
        }
    }

    /// Behind the price, in a summary.
    var summary: String {
        let by = fields.isEmpty ? "" : " by \(fields.map(\.text).joined(separator: ", "))"
        let without = [countsQuery ? nil : "query", countsBody ? nil : "body"].compactMap(\.self)
        let kept = "kept \(lifetime.formattedForPolicy)\(by)"
        let whatever = without.isEmpty ? "" : " whatever the \(without.joined(separator: " and "))"
        return kept + whatever + (grace == .zero ? "" : ", \(grace.formattedForPolicy) longer where it fails")
    }
}
