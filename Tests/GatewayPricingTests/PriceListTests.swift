import GatewayKit
import GatewayPricing
import GatewayTesting
import Standard
import Testing

struct PriceListTests {
    private static func list(_ settings: [String: Any]) -> (list: PriceList?, messages: [String]) {
        let settings = ExampleSettings(settings)
        let list = settings.make(word: PriceList.word) { PriceList(from: &$0) }
        return (list, settings.messages)
    }

    private static let small = ["input": "1 msat", "output": "2 msat"]

    private func request(_ body: String) throws -> PricedRequest {
        try PricedRequest("POST / HTTP/1.1\r\n\r\n\(body)")
    }

    @Test func `a file names models, and what bundles are`() throws {
        let (list, messages) = Self.list([
            "models": [
                "small": Self.small,
                "large": ["input": "15 sat/1k", "output": "45 sat/1k", "bundle": "9 sat"],
            ] as [String: Any],
            "default": "small",
            "bundle": "1M",
            "reserve": "500",
            "reservations": "10m",
            "unused": "60d",
        ])
        #expect(messages == [])
        let read = try #require(list)
        #expect(read.models["small"]?.bundle == .sat(1_500))
        #expect(read.models["large"]?.bundle == .sat(9))
        #expect(read.models["small"]?.reserve == 500)
        #expect(read.standard == "small")
        #expect(read.reservationTime == .seconds(600))
        #expect(read.unusedTime == .seconds(60 * 86_400))
    }

    @Test func `mistakes are told`() {
        let cases: [([String: Any], String)] = [
            ([:], "'models' should name at least one: { small: { input: 1 msat, output: 2 msat } }"),
            (["models": ["small": ["input": "1 msat"]]], "'small' needs 'output': \(TokenRate.form)"),
            (["models": ["small": Self.small], "default": "smal"], "'default' should be one of 'models', not 'smal'"),
            (["models": ["small": Self.small], "bundle": "much"], "'bundle' should be \(TokenPricer.bundleForm)"),
            (["models": ["small": Self.small], "reserve": "-1"], "'reserve' should be \(TokenCount.form)"),
            (["models": ["small": Self.small], "modles": "x"], "unknown key 'modles'"),
            (["models": ["small": ["input": "0 sat", "output": "0 sat"]]], "'bundle' costs 0 sat at these rates"),
            (["models": ["small": Self.small], "reservations": "10ms"], "'reservations' should be from 1s to 3650d"),
        ]
        for (settings, message) in cases {
            let messages = Self.list(settings).messages
            #expect(messages.contains { $0.hasPrefix(message) }, "\(messages)")
        }
    }

    @Test func `a model that is not in the list has no price, and none is that of the default`() throws {
        let list = PriceList.example
        let named = try list.rates(for: request(#"{"model":"large"}"#))
        let usual = try list.rates(for: request("{}"))
        #expect(named == list.models["large"])
        #expect(usual == list.models["small"])
        let other = try request(#"{"model":"huge"}"#)
        #expect(throws: PriceRefusal.self) { try list.rates(for: other) }
        var strict = list
        strict.standard = nil
        let none = try request("{}")
        let refusing = strict
        #expect(throws: PriceRefusal.self) { try refusing.rates(for: none) }
    }

    @Test func `a bundle covers the request that it is sold for, in whole satoshis`() throws {
        let rates = try #require(PriceList.example.models["small"])
        #expect(rates.bundle(covering: TokenEstimate(input: 10, output: 100)) == .sat(10))
        #expect(rates.bundle(covering: TokenEstimate(input: 1, output: 10_000)) == .sat(21))
        #expect(rates.bundle(covering: TokenEstimate(input: .max, output: .max)) <= .maximum)
    }
}
