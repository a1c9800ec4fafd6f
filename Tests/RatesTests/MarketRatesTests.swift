import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers
import Rates
import Testing

struct MarketRatesTests {
    private func messages(_ settings: [String: Any]) -> [String] {
        let example = ExampleSettings(settings)
        _ = example.make(word: "rates") { try MarketRates(from: &$0, .example()) }
        return example.messages
    }

    private static var asked: [String: Any] {
        ["url": "https://rates.example/{CURRENCY}", "path": "rate", "currency": ["USD", "EUR"]]
    }

    @Test func `takes sources that are asked and one that is fixed`() {
        let example = ExampleSettings([
            "sources": [Self.asked, ["fixed": "97000 CHF"]], "max-age": "5m", "max-deviation": "1.5%", "refresh": "30s",
            "timeout": "2s",
        ])
        let rates = example.make(word: "rates") { try MarketRates(from: &$0, .example()) }
        #expect(example.messages == [])
        #expect(rates?.currencies.map(\.code) == ["CHF", "EUR", "USD"])
    }

    @Test(arguments: [
        ("http://rates.example/", false), ("http://127.0.0.1:1/", true), ("http://localhost:1/", true),
        ("http://[::1]:1/", true), ("https://user:secret@rates.example/", false), ("ftp://rates.example/", false),
        ("https://rates.example/#a", false), ("rates.example", false), ("https://rates.example/a b", false),
        ("http://127.0.0.1.example/", false),
    ])
    func `asks over TLS, but for this machine`(_ url: String, _ isTaken: Bool) {
        #expect((RateAddress(parsing: url) != nil) == isTaken)
    }

    @Test func `names the mistake`() {
        let cases: [([String: Any], String)] = [
            (["sources": [] as [Any]], "'sources' should be a list such as [{ fixed: 97000 USD }]"),
            (
                ["sources": [["fixed": "0 USD"]]],
                "'fixed' should be what a bitcoin costs, such as 97000 USD, not '0 USD'"
            ),
            (
                ["sources": [["fixed": "1 USD"], ["fixed": "2 USD"]]],
                "'sources' has two that are named 'fixed': give one a 'name'"
            ),
            (["sources": [["fixed": "1 USD"]], "refresh": "10m"], "'refresh' should be shorter than 'max-age', 10m"),
            (["sources": [["fixed": "1 USD"]], "timeout": "2m"], "'timeout' should be from 1ms to 60s"),
            (
                ["sources": [["url": "https://a.example/", "path": "rate", "currency": ["USD", "EUR"]]]],
                "'currency' should be one code, unless 'url' or 'path' holds {currency} or {CURRENCY} for it"
            ),
            (
                ["sources": [["url": "https://a.example/", "path": "rate", "currency": "dollar"]]],
                "'currency' should be a code such as USD, or a list of them, not 'dollar'"
            ),
        ]
        for (settings, message) in cases {
            #expect(messages(settings) == [message])
        }
    }

    private func rates(
        _ time: ManualTime,
        _ ask: @escaping MarketRates.Ask
    ) throws -> (rates: MarketRates, source: RateSource) {
        let currencies = ["USD", "EUR"].compactMap { Currency($0) }
        let address = try #require(RateAddress(parsing: "https://rates.example/both"))
        let path = try #require(RatePath(parsing: "{currency}"))
        let source = RateSource(name: "both", currencies: currencies, kind: .asked(url: address, path: path))
        let services = Services.example(time: time.source)
        let rates = MarketRates(RateTerms(sources: [source]), time: time.source, logger: services.logger, ask: ask)
        return (rates, source)
    }

    @Test func `one answer tells every currency that stands in it`() async throws {
        let asked = NIOLockedValueBox(0)
        let (rates, _) = try rates(ManualTime()) { url, _ in
            asked.withLockedValue { $0 += 1 }
            return Array(#"{"usd":97000,"eur":"90000.5"}"#.utf8)
        }
        try await rates.start()
        await rates.stop()
        #expect(asked.withLockedValue { $0 } == 1)
        let currencies = rates.currencies
        #expect(try currencies.map { try rates.rate(of: $0).value.description } == ["90000.5", "97000"])
    }

    @Test func `starts where no source answers, and knows no rate`() async throws {
        let (rates, _) = try rates(ManualTime()) { _, _ in throw RateFailure(.missing, "no answer") }
        try await rates.start()
        await rates.stop()
        let states = rates.states
        #expect(states.map(\.rate) == [nil, nil])
        #expect(states.map { $0.sources[0].failure } == ["no answer", "no answer"])
    }
}
