import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Standard
import Testing

/// Prices by rule.
struct RulePricerTests {
    private func rule(_ when: String, _ amount: String) -> Any { ["when": when, "amount": amount] }

    private func make(_ rules: [Any], otherwise: String = "10 sat") -> RulePricer? {
        ExampleSettings(["rules": rules, "otherwise": otherwise] as [String: Any]).make { settings in
            try RulePricer(from: &settings, .example())
        }
    }

    private func price(_ pricer: RulePricer?, _ request: RequestHead) throws -> Amount? {
        try #require(pricer).price(of: .example(request)).immediate
    }

    @Test func `the first rule that holds says the price`() throws {
        let pricer = make([rule("request.method == 'GET'", "5 sat"), rule("request.path == '/a'", "7 sat")])
        #expect(try price(pricer, .example(.get, "/a")) == .satoshis(5))
        #expect(try price(pricer, .example(.post, "/a")) == .satoshis(7))
        #expect(try price(pricer, .example(.post, "/b")) == .satoshis(10))
    }

    @Test func `a rule that fails makes nothing cheaper, and nothing dearer than it says`() throws {
        let pricer = make([
            rule("request.headers['x-plan'] == 'gold'", "5 sat"), rule("request.query.size != 'small'", "50 sat"),
            rule("request.path == '/a'", "7 sat"),
        ])
        #expect(try price(pricer, .example(.get, "/a?size=small")) == .satoshis(7))
        #expect(try price(pricer, .example(.get, "/a")) == .satoshis(50))
        #expect(try price(pricer, .example(.get, "/b?size=small")) == .satoshis(10))
        #expect(try price(pricer, .example(.get, "/b?size=small&SIZE=large")) == .satoshis(50))
    }

    @Test(arguments: [
        ("/a", 10), ("/a?x=1;y=2", 10), ("/a?sizes=1", 10), ("/a?size=1", 50), ("/a?x=1;size=1", 50),
        ("/a?;%73ize", 50),
    ])
    func `a parameter behind a semicolon may be one`(_ target: String, _ satoshis: UInt64) throws {
        let pricer = make([rule("'size' in request.query", "50 sat")])
        #expect(try price(pricer, .example(.get, target)) == .satoshis(satoshis))
    }

    private final class Body: RequestBodySource {
        let bytes: ByteBuffer
        init(_ text: String) { bytes = ByteBuffer(string: text) }
        func collectBody(upTo limit: ByteCount) -> Eventually<ByteBuffer> { .now(bytes) }
    }

    @Test(arguments: [
        (#"{"model":"large"}"#, 50), (#"{"model":"small"}"#, 5), (#"{"Model":"large"}"#, 50), ("no JSON", 50),
        ("{}", 50),
    ])
    func `a price by the body is the dearest where the body cannot be read`(_ body: String, _ satoshis: UInt64) throws {
        let pricer = try #require(make([rule("request.json.model != 'small'", "50 sat")], otherwise: "5 sat"))
        let exchange = Exchange.example(.example(.post, "/", body: .length(UInt64(body.utf8.count))))
        let source = Body(body)
        exchange.bodySource = source
        let price = try pricer.price(of: exchange).immediate
        withExtendedLifetime(source) {}
        #expect(price == .satoshis(satoshis))
    }

    @Test func `a rule asks how long the body is, and is dear where nobody says`() throws {
        let pricer = make([rule("request.size <= 100", "5 sat"), rule("request.size <= 1000", "7 sat")])
        #expect(try price(pricer, .example(.post, "/", body: .length(100))) == .satoshis(5))
        #expect(try price(pricer, .example(.post, "/", body: .length(101))) == .satoshis(7))
        #expect(try price(pricer, .example(.post, "/", body: .length(.max))) == .satoshis(10))
        #expect(try price(pricer, .example(.get, "/")) == .satoshis(5))
        #expect(try price(pricer, .example(.post, "/", body: .unknownLength)) == .satoshis(10))
    }

    @Test(arguments: [
        ("10 sat", "10 sat"), ("1500 msat", "1500 msat"), ("0.02 USD", "20 sat"), ("0.00101 EUR", "2 sat"),
        ("0 EUR", "0 sat"),
    ])
    func `amounts stand in every form`(_ text: String, _ expected: String) throws {
        let rates = ExampleRates(["100000 USD", "100000 EUR"])
        for rules in [[rule("true", text)], [rule("false", "99 sat")]] {
            let settings = ExampleSettings(["rules": rules, "otherwise": text] as [String: Any])
            let pricer = settings.make { try RulePricer(from: &$0, .example(rates: rates)) }
            #expect(settings.messages == [])
            #expect(try price(pricer, .example(.get, "/"))?.description == expected)
        }
    }

    @Test func `of prices in several currencies the dearest is meant, with its own rate`() throws {
        let rates = ExampleRates(["100000 USD", "50000 EUR"])
        let rules = [rule("request.headers['x-plan'] == 'gold'", "0.02 EUR"), rule("request.path == '/a'", "0.03 USD")]
        let settings = ExampleSettings(["rules": rules, "otherwise": "35 sat"] as [String: Any])
        let pricer = try #require(settings.make { try RulePricer(from: &$0, .example(rates: rates)) })
        let exchange = Exchange.example(.example(.get, "/a"))
        #expect(try pricer.price(of: exchange).immediate == .satoshis(40))
        #expect(exchange[Conversion.self]?.price.description == "0.02 EUR")
        let other = Exchange.example(.example(.get, "/b"))
        #expect(try pricer.price(of: other).immediate == .satoshis(40))
        let plain = Exchange.example(.example(.get, "/b", fields: [("x-plan", "none")]))
        #expect(try pricer.price(of: plain).immediate == .satoshis(35))
        #expect(plain[Conversion.self] == nil)
    }

    @Test func `what is asked about a request is noted, for what is sold at the price to be bound to it`() throws {
        let pricer = make([
            rule("request.headers['x-plan'] == 'gold' && request.host == 'a'", "5 sat"),
            rule("'x-team' in request.headers && request.headers['authorization'] == ''", "7 sat"),
            rule("request.size < 100", "8 sat"),
        ])
        let exchange = Exchange.example()
        _ = try #require(pricer).price(of: exchange)
        #expect(exchange.pricedFields.map(\.text) == ["x-plan", "x-team", "host", "content-length"])
    }

    @Test func `fields that only the request names are none that a payment can be bound to`() {
        let settings = ExampleSettings(
            ["rules": [rule("request.headers[request.method] == 'gold'", "5 sat")], "otherwise": "10 sat"]
                as [String: Any]
        )
        _ = settings.make { try RulePricer(from: &$0, .example()) }
        #expect(settings.messages.count == 1)
        #expect(settings.messages.first?.contains("should ask for header fields by their names") == true)
    }

    @Test func `a plan shows the rules`() {
        let pricer = make([rule("request.method == 'GET'", "5 sat")])
        #expect(pricer?.summary == "5 sat if request.method == 'GET', otherwise 10 sat")
        #expect(pricer?.fixedPrice == nil)
        let one = make([rule("request.method == 'GET'", "10 sat")])
        #expect(one?.fixedPrice == Price(parsing: "10 sat"))
    }

    @Test func `a price stage takes rules without a word before them`() {
        let settings = ExampleSettings(
            [
                "rules": [rule("request.method == 'GET'", "5 sat")], "otherwise": "10 sat", "expiry": "10m",
            ] as [String: Any]
        )
        let stage = settings.make(word: "price") { try PriceStage(from: &$0, .example()) }
        #expect(settings.messages == [])
        #expect(stage?.summary == "5 sat if request.method == 'GET', otherwise 10 sat, offers stand 10m")
        let bounds = ListedPrice.Bounds(least: Amount(millisatoshis: 5_000), most: Amount(millisatoshis: 10_000))
        #expect(stage?.listedPrice == .asked(bounds))
    }
}
