package import GatewayKit

/// So many free requests in a period, for each block of addresses.
///
/// Periods follow each other from 1970-01-01 00:00 UTC on, so that a day is a day in UTC and everybody's ends at once.
package struct FreeQuotaTerms: Sendable {
    private static let mostRequests = 1_000_000_000
    private static let longestPeriod: Int64 = 366 * 86_400

    package let limit: Int
    /// In seconds.
    package let period: Int64
    package let blocks: AddressBlocks
    /// Begins the keys of the counters: those of a service, however many routes it has.
    private let prefix: String

    package init(_ limit: Int, per period: Duration, blocks: AddressBlocks = .usual, service: String) {
        self.limit = limit
        self.period = max(1, period.components.seconds)
        self.blocks = blocks
        prefix = "\(FreeQuotaScheme.word)/\(service)/\(self.period)/"
    }

    /// `10/day`, `{ 10/day }` or `{ limit: 10/day, ipv4: /24, ipv6: /48 }`.
    init(from settings: inout PolicyReader, service: String) {
        let expected = "a number of requests and a period, such as 10/day, 100/h or 500/7d"
        var rate: Rate?
        var blocks = AddressBlocks.usual
        if let short = settings.shorthand() {
            rate = settings.value(of: short, named: "'\(settings.word)'", expected: expected) { Self.rate($0) }
        } else if settings.keys.count == 1, let key = settings.keys.first, key.contains("/") {
            rate = Self.rate(key)
            let node = settings.node(key)
            if rate == nil {
                settings.note(node?.place ?? settings.place, "'\(settings.word)' should be \(expected), not '\(key)'")
            } else if case .empty? = node?.content {
                // `{ 10/day }` is a map with one key, and nothing behind it.
            } else {
                settings.note(settings.error(at: key, "should stand alone, or behind 'limit'"))
            }
        } else {
            let node = settings.node("limit")
            if let node {
                rate = settings.value(of: node, named: "'limit'", expected: expected) { Self.rate($0) }
            } else {
                settings.note(settings.place, "'\(settings.word)' needs 'limit': \(expected)")
            }
            blocks = AddressBlocks(from: &settings)
        }
        // Something harmless where a mistake was noted.
        self.init(rate?.count ?? 1, per: rate?.period ?? .seconds(86_400), blocks: blocks, service: service)
    }

    /// `10/day per address block`, and which blocks where they are not the usual ones.
    package var summary: String {
        let unit = period == 86_400 ? "day" : Duration.seconds(period).formattedForPolicy
        return "\(limit)/\(unit) per address block\(blocks.summary)"
    }

    /// By the second, and by the blocks that a network of addresses makes.
    var giveaway: Double {
        let blockCount = Double(sign: .plus, exponent: blocks.v4Prefix + blocks.v6Prefix, significand: 1)
        return Double(limit) / Double(period) * blockCount
    }

    /// `nil` for what cannot be counted in whole seconds.
    private static func rate(_ text: String) -> Rate? {
        guard let rate = Rate(parsing: text), rate.count <= mostRequests,
            rate.period.components.attoseconds == 0, (1...longestPeriod).contains(rate.period.components.seconds)
        else { return nil }
        return rate
    }

    /// What counts the requests of a client now.
    package func counter(of client: Client, at now: WallTime) -> Counter {
        let index = now.seconds / period - (now.seconds % period < 0 ? 1 : 0)
        // A period that lies beyond what can be counted has no end that matters.
        let (next, overflow) = (index + 1).multipliedReportingOverflow(by: period)
        return Counter(
            "\(prefix)\(index)/\(blocks.block(of: client))",
            end: WallTime(seconds: overflow ? .max : next)
        )
    }
}
