import GatewayKit
import GatewayTesting
import Standard
import Testing

struct PriceSettingsTests {
    private func make(_ value: Any?) -> (stage: PriceStage?, messages: [String]) {
        struct Dynamic: Pricer, Plugin {
            static let word = "dynamic"
            init(from settings: inout PolicyReader, _ services: Services) throws { _ = settings.text("address") }
            func price(of exchange: Exchange) throws -> Eventually<Amount> { .now(.zero) }
        }
        var registry = Registry()
        registry.add(StaticPricer.self)
        registry.add(Dynamic.self)
        let settings = ExampleSettings(value)
        let stage = settings.make(word: "price") { try PriceStage(from: &$0, .example(registry: registry)) }
        return (stage, settings.messages)
    }

    @Test(arguments: [
        ("10 sat", "10 sat"), ("1500 msat", "1500 msat"),
    ])
    func `takes an amount`(_ text: String, _ summary: String) {
        let made = make(text)
        #expect(made.stage?.summary == summary)
        #expect(made.messages == [])
    }

    @Test func `takes a pricer with its settings and the expiry of the offers`() {
        for value in [["use": "static", "amount": "10 sat"], ["static": ["amount": "10 sat"]], ["static": "10 sat"]]
            as [Any]
        {
            let made = make(value)
            #expect(made.stage?.summary == "10 sat")
            #expect(made.messages == [])
        }
        let dynamic = make(["use": "dynamic", "address": "a", "expiry": "10m"])
        #expect(dynamic.stage?.summary == "dynamic, offers stand 10m")
        #expect(dynamic.messages == [])
    }

    @Test(arguments: [
        (
            "ten",
            "'price' should be a price such as 10 sat or 0.02 USD, or a pricer such as { use: static, amount: 10 sat }, not 'ten'"
        ),
        (
            "10",
            "'price' should be a price such as 10 sat or 0.02 USD, or a pricer such as { use: static, amount: 10 sat }, not '10'"
        ),
    ])
    func `what is no amount is a mistake`(_ text: String, _ message: String) {
        #expect(make(text).messages == [message])
    }

    @Test func `takes the paths for which no invoice is made`() {
        let values: [(Any, String)] = [
            ("true", "10 sat, no invoices here"), ("false", "10 sat"), ("/v1/feed", "10 sat, no invoices for /v1/feed"),
            (["/v1/*", "/{a}/b"], "10 sat, no invoices for /v1/*, /{a}/b"),
        ]
        for (value, summary) in values {
            let made = make(["use": "static", "amount": "10 sat", "skip-invoice": value])
            #expect(made.stage?.summary == summary)
            #expect(made.messages == [])
        }
    }

    @Test(arguments: ["v1/feed", "/v1/*/feed", "/v1/a*", "/v1/{a", "/v1/{}", "/v1?x", "yes"])
    func `what is no path is a mistake`(path: String) {
        let form = "true, or a path such as /v1/feed, /v1/* or /v1/{name}/feed, or a list of them"
        #expect(
            make(["use": "static", "amount": "10 sat", "skip-invoice": path]).messages == [
                "'skip-invoice' should be \(form), not '\(path)'"
            ]
        )
    }

    @Test(arguments: [
        (
            ["amount": "10 sat"],
            "'price' should be a price such as 10 sat or 0.02 USD, or a pricer such as { use: static, amount: 10 sat }"
        ),
        (["use": "static"], "'static' needs 'amount': a price such as 10 sat, 1500 msat or 0.02 USD"),
        (
            ["use": "statik", "amount": "1 sat"],
            "unknown pricer 'statik' (did you mean 'static'?); there is dynamic, static"
        ),
        (["use": "static", "amount": "1 sat", "expiry": "0s"], "'expiry' should be from 1s to 365d"),
        (
            ["use": "static", "amount": "1 sat", "expire": "1h"],
            "unknown key 'expire'; 'static' takes amount, use"
        ),
    ])
    func `a mistake is told`(_ settings: [String: String], _ message: String) {
        #expect(make(settings).messages == [message])
    }
}
