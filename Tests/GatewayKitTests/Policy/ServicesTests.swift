import GatewayKit
import GatewayTesting
import Testing

struct ServicesTests {
    private struct FixedPricer: Pricer, Plugin {
        static let word = "fixed"
        let amount: Amount

        init(from settings: inout PolicyReader, _ services: Services) throws {
            if let node = settings.shorthand() {
                amount =
                    settings.value(of: node, named: "a price", expected: Expectation.amount) { Amount(parsing: $0) }
                    ?? .zero
            } else {
                amount = settings.amount("amount", or: Amount(millisatoshis: 7_000))
            }
            if amount == .zero { throw settings.error(at: "amount", "should be more than nothing") }
        }

        func price(of exchange: Exchange) throws -> Eventually<Amount> { .now(amount) }
    }

    /// The price that a node names, and the messages.
    private func price(_ node: Any?) -> (amount: Amount?, messages: [String]) {
        var registry = Registry()
        registry.add(FixedPricer.self)
        let services = Services.example(registry: registry)
        let settings = ExampleSettings(["price": node as Any])
        let pricer = settings.make { reader in
            reader.node("price").flatMap { services.pricer($0, in: reader) }
        }
        return ((pricer as? FixedPricer)?.amount, settings.messages)
    }

    @Test func `a word alone names a plugin`() {
        #expect(price("fixed") == (Amount(millisatoshis: 7_000), []))
    }

    @Test func `use names a plugin beside its settings`() {
        #expect(price(["use": "fixed", "amount": "1 sat"]) == (Amount(millisatoshis: 1_000), []))
        #expect(price(["use": "fixed"]) == (Amount(millisatoshis: 7_000), []))
    }

    @Test func `a map of one word names a plugin and its settings`() {
        #expect(price(["fixed": ["amount": "2 sat"]]) == (Amount(millisatoshis: 2_000), []))
        #expect(price(["fixed": "3 sat"]) == (Amount(millisatoshis: 3_000), []))
    }

    @Test func `an unknown word is told with a guess and the words there are`() {
        #expect(price("fixd") == (nil, ["unknown pricer 'fixd' (did you mean 'fixed'?); there is fixed"]))
        #expect(price(["use": "other"]) == (nil, ["unknown pricer 'other'; there is fixed"]))
        #expect(price(["other": "1"]) == (nil, ["unknown pricer 'other'; there is fixed"]))
    }

    @Test func `where there is no plugin of a kind it says so`() {
        let settings = ExampleSettings(["store": "sqlite"])
        _ = settings.make { reader in
            _ = reader.node("store").flatMap { Services.example().store($0, in: reader) }
        }
        #expect(settings.messages == ["unknown store 'sqlite'; there is none"])
    }

    @Test func `what names no plugin is told`() {
        #expect(price(["a": "1", "b": "2"]).messages == ["a pricer is a word, or { use: word, ... }"])
        #expect(price(["x", "y"]).messages == ["expected a pricer: a word, or { use: word, ... }, not a list"])
        #expect(price(nil).messages == ["expected a pricer: a word, or { use: word, ... }, not nothing"])
        #expect(price(["use": ["x"]]).messages == ["'use' should be the word of a pricer, not a list"])
    }

    @Test func `mistakes in the settings of a plugin are told with its word`() {
        #expect(
            price(["use": "fixed", "amont": "1 sat"]).messages == [
                "unknown key 'amont' (did you mean 'amount'?); 'fixed' takes amount, use"
            ]
        )
        #expect(price(["fixed": ["amount": "0 sat"]]) == (nil, ["'amount' should be more than nothing"]))
    }
}

private func == (left: (amount: Amount?, messages: [String]), right: (Amount?, [String])) -> Bool {
    left.amount == right.0 && left.messages == right.1
}
