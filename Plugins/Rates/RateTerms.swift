package import GatewayKit

/// What `rates` of a policy says.
package struct RateTerms: Sendable {
    package static let mostSources = 16

    package var sources: [RateSource]
    /// No rate is sold by that is older.
    package var maxAge = Duration.seconds(600)
    /// How far the dearest may lie above the cheapest, as a part of that one.
    package var maxDeviation = Percentage.two
    /// How often sources are asked, a tenth more or less.
    package var refresh = Duration.seconds(60)
    /// For one answer.
    package var timeout = Duration.seconds(5)

    package init(sources: [RateSource]) {
        self.sources = sources
    }

    init(from settings: inout PolicyReader) {
        let nodes = settings.nodes("sources")
        if nodes.isEmpty {
            settings.note(settings.error(at: "sources", "should be a list such as [{ fixed: 97000 USD }]"))
        }
        if nodes.count > Self.mostSources {
            settings.note(settings.error(at: "sources", "should be \(Self.mostSources) at the most"))
        }
        sources = nodes.compactMap { node in
            var reader = settings.reader(for: node, word: "source")
            defer { reader.finish() }
            return RateSource(from: &reader)
        }
        var names = Set<String>()
        for source in sources where !names.insert(source.name).inserted {
            settings.note(settings.error(at: "sources", "has two that are named '\(source.name)': give one a 'name'"))
        }
        maxAge = settings.duration("max-age", or: maxAge)
        refresh = settings.duration("refresh", or: min(refresh, maxAge / 3))
        timeout = settings.duration("timeout", or: timeout)
        maxDeviation = settings.value(
            "max-deviation",
            or: maxDeviation,
            placeholder: maxDeviation,
            expected: "a share such as 2% or 0.5%"
        ) { Percentage(parsing: $0) }
        if refresh < .seconds(1) {
            settings.note(
                settings.error(at: "refresh", "should be 1s at least: sources do not like to be asked more often")
            )
        }
        if refresh >= maxAge {
            settings.note(
                settings.error(at: "refresh", "should be shorter than 'max-age', \(maxAge.formattedForPolicy)")
            )
        }
        if timeout <= .zero || timeout > .seconds(60) {
            settings.note(settings.error(at: "timeout", "should be from 1ms to 60s"))
        }
    }

    /// Of all sources, in the order of their codes.
    package var currencies: [Currency] { Set(sources.flatMap(\.currencies)).sorted() }
}
