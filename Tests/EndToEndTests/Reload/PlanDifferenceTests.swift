import GatewayPolicy
import GatewayTesting
import Logging
import Testing
import sluice

struct PlanDifferenceTests {
    private static let paid = "{ auth: l402 }, { caveats: [service, expires] }, { rate-limit: { limit: 1/s } }"

    private static func priced(_ amount: String, _ match: String, name: String = "x") -> String {
        """
          - name: \(name)
            match: \(match)
            pipeline: [ \(paid), { price: \(amount) }, { forward: echo } ]
        """
    }

    private static func free(_ match: String, name: String = "x") -> String {
        """
          - name: \(name)
            match: \(match)
            pipeline: [ { rate-limit: { limit: 1/s } }, { forward: echo } ]
        """
    }

    private static func plan(_ routes: [String]) throws -> Plan {
        let text = TestGateway.policyText(upstreamPort: 9, routes: routes.joined(separator: "\n"))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try LoadedPolicy(dataFolder: "/nowhere", logger: logger) { $0.load(text: text, named: "a.yaml") }.plan
    }

    private static func difference(_ before: [String], _ after: [String]) throws -> PlanDifference {
        PlanDifference(from: try plan(before), to: try plan(after))
    }

    @Test func `the same policy makes no difference`() throws {
        let routes = [Self.priced("10 sat", "{ path: /x }"), Self.free("{ path: /y/* }", name: "y")]
        #expect(try Self.difference(routes, routes).isEmpty)
    }

    @Test func `another price is told for the requests that it is for`() throws {
        let difference = try Self.difference(
            [Self.priced("10 sat", "{ path: /x, method: GET }")],
            [Self.priced("25 sat", "{ path: /x, method: GET }")]
        )
        #expect(difference.lines == ["GET /x 10 sat -> 25 sat", "route x: price 10 sat -> 25 sat"])
        #expect(difference.losses(factor: 2).isEmpty)
    }

    private static let rates = "rates: { sources: [{ fixed: 100000 USD }, { fixed: 90000 EUR, name: other }] }"

    @Test(arguments: [
        ("0.02 USD", "0.01 USD", false), ("0.02 USD", "0.009 USD", true), ("0.02 USD", "20 sat", false),
        ("0.02 USD", "9 sat", true), ("20 sat", "0.01 USD", false), ("21 sat", "0.01 USD", true),
        ("0.02 USD", "0.009 EUR", false), ("0.02 USD", "0.008 EUR", true), ("0.02 USD", "0 sat", true),
    ])
    func `prices in other currencies are compared at the rate of the moment`(
        _ before: String,
        _ after: String,
        _ loses: Bool
    ) throws {
        let difference = try Self.difference(
            [Self.priced(before, "{ path: /x }"), Self.rates],
            [Self.priced(after, "{ path: /x }"), Self.rates]
        )
        #expect(difference.losses(factor: 2).isEmpty != loses)
    }

    private static func server(_ most: String) -> String { "{ use: grpc, address: 127.0.0.1:9, max: \(most) }" }

    private static func rules(_ amount: String) -> String {
        "{ rules: [{ when: 'request.method == \"GET\"', amount: \(amount) }], otherwise: 10 sat }"
    }

    private static let depending: [(String, String, Bool)] = [
        // A price server may give away anything, and may ask for as much as `max`.
        ("10 sat", server("20 sat"), true),
        (server("20 sat"), "10 sat", false),
        (server("30 sat"), "10 sat", true),
        (server("30 sat"), server("15 sat"), false),
        (server("30 sat"), server("14 sat"), true),
        (server("30 sat"), server("31 sat"), false),
        ("10 sat", rules("5 sat"), false),
        ("10 sat", rules("4 sat"), true),
        (rules("4 sat"), "10 sat", false),
        (rules("40 sat"), "10 sat", true),
        (rules("4 sat"), rules("1 sat"), true),
        ("0.02 USD", rules("11 sat"), false),
        ("0.02 USD", rules("9 sat"), true),
        (rules("1 sat"), "0.004 USD", true),
    ]

    @Test(arguments: depending)
    func `a price that depends on the request is compared by its bounds`(
        _ before: String,
        _ after: String,
        _ loses: Bool
    ) throws {
        let difference = try Self.difference(
            [Self.priced(before, "{ path: /x }"), Self.rates],
            [Self.priced(after, "{ path: /x }"), Self.rates]
        )
        #expect(difference.costs.count == 1)
        #expect(difference.losses(factor: 2).isEmpty != loses)
    }

    @Test func `a price that cannot be compared counts as a loss`() throws {
        let unknown = """
            rates:
              sources: [{ url: "https://rates.example/", path: a, currency: USD }]
            """
        let difference = try Self.difference(
            [Self.priced("10 sat", "{ path: /x }"), unknown],
            [Self.priced("100 USD", "{ path: /x }"), unknown]
        )
        #expect(difference.costs.map(\.description) == ["/x 10 sat -> 100 USD"])
        #expect(difference.losses(factor: 2).count == 1)
    }

    @Test func `a route with another name is not another price`() throws {
        let difference = try Self.difference(
            [Self.priced("10 sat", "{ path: /x }", name: "a")],
            [Self.priced("10 sat", "{ path: /x }", name: "b")]
        )
        #expect(difference.costs.isEmpty)
        #expect(difference.others == ["route a is gone", "route b is new: /x"])
    }

    @Test func `a paid route that becomes free loses money`() throws {
        let difference = try Self.difference(
            [Self.priced("10 sat", "{ path: /x }")],
            [Self.free("{ path: /x }")]
        )
        #expect(difference.costs.map(\.description) == ["/x becomes free (was 10 sat)"])
        #expect(difference.losses(factor: 1_000_000).count == 1)
    }

    @Test func `a rule that asks nothing loses money, and not the end of it`() throws {
        func reads(for amount: String) -> [String] {
            let rule = "{ when: 'request.method == \"GET\"', amount: \(amount) }"
            return [Self.priced("{ rules: [\(rule)], otherwise: 10 sat }", "{ path: /x }")]
        }
        let (fixed, asked, rules) = ([Self.priced("10 sat", "{ path: /x }")], reads(for: "5 sat"), reads(for: "0 sat"))
        let losses = try Self.difference(fixed, rules).losses(factor: 2)
        #expect(losses.map(\.description) == ["/x becomes free for some (was 10 sat)"])
        #expect(try Self.difference(asked, rules).losses(factor: 2).count == 1)
        #expect(try Self.difference(rules, [Self.free("{ path: /x }")]).losses(factor: 2).count == 1)
        #expect(try Self.difference(rules, fixed).losses(factor: 2).isEmpty)
        #expect(try Self.difference([Self.free("{ path: /x }")], rules).losses(factor: 2).isEmpty)
    }

    @Test func `a new free route that takes a part of a paid one's paths loses money`() throws {
        let paid = Self.priced("10 sat", "{ path: /v1/* }")
        let difference = try Self.difference([paid], [paid, Self.free("{ path: /v1/models }", name: "y")])
        #expect(difference.losses(factor: 2).map(\.description) == ["/v1/models becomes free (was 10 sat)"])
    }

    @Test func `a method that falls to a free route loses money`() throws {
        // Of another service: what is paid for is not there.
        let others = Self.free("{ path: /v1/* }", name: "y").replacing("echo", with: "nobody")
        let difference = try Self.difference(
            [Self.priced("10 sat", "{ path: /v1/*, method: [GET, POST] }"), others],
            [Self.priced("10 sat", "{ path: /v1/*, method: GET }"), others]
        )
        #expect(difference.losses(factor: 2).map(\.description) == ["POST /v1/* becomes free (was 10 sat)"])
    }

    @Test(arguments: [(2, 5, false), (2, 4, true), (1, 9, true), (1, 10, false), (10, 1, false)])
    func `a price may fall by the factor and not further`(factor: Int, price: Int, isLoss: Bool) throws {
        let difference = try Self.difference(
            [Self.priced("10 sat", "{ path: /x }")],
            [Self.priced("\(price) sat", "{ path: /x }")]
        )
        #expect(difference.losses(factor: factor).isEmpty == !isLoss)
    }

    private static func giving(_ schemes: String) -> String {
        """
          - name: x
            match: { path: /x }
            pipeline:
              - auth: [\(schemes)]
              - caveats: [service, expires]
              - rate-limit: 1/s
              - price: 10 sat
              - forward: echo
        """
    }

    @Test(arguments: [
        ("l402, free-quota: { 10/day }", "l402, free-quota: { 20/day }", false),
        ("l402, free-quota: { 10/day }", "l402, free-quota: { 21/day }", true),
        ("l402, free-quota: { 10/day }", "l402, free-quota: { limit: 10/day, ipv6: /80 }", true),
        ("l402, free-quota: { 10/day }", "l402, free-quota: { 1/h }", true),
        ("l402, free-quota: { 10/day }", "l402", false), ("l402", "l402, free-quota: { 1/day }", true),
        ("l402, pow: 20", "l402, pow: 19", false), ("l402, pow: 20", "l402, pow: 18", true),
    ])
    func `what is given away may grow by the factor and not further`(
        before: String,
        after: String,
        isLoss: Bool
    ) throws {
        let difference = try Self.difference([Self.giving(before)], [Self.giving(after)])
        #expect(difference.costs.count == 1)
        #expect(difference.losses(factor: 2).isEmpty == !isLoss)
    }

    @Test func `another giveaway is told for the requests that it is for`() throws {
        let difference = try Self.difference([Self.giving("l402")], [Self.giving("l402, pow: 20")])
        #expect(difference.costs.map(\.description) == ["/x for nothing: none -> pow 20 bits"])
    }

    @Test func `what one listener of several asks for by its defaults is compared as well`() throws {
        func plan(_ price: String) throws -> Plan {
            let paid = "{ auth: l402 }, { caveats: [service, expires] }, { rate-limit: { limit: 1/s } }"
            let text = """
                version: 1
                listen:
                  - 127.0.0.1:1
                  - { address: 127.0.0.1:2, defaults: { price: { amount: \(price) } } }
                lightning: { use: dev, listen: 127.0.0.1:0 }
                upstreams: { echo: { url: http://127.0.0.1:9 } }
                routes:
                  - { name: x, match: { path: /x }, pipeline: [ \(paid), { price: { use: static } }, { forward: echo } ] }
                """
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let defaults = "\ndefaults: { price: { amount: 10 sat } }\nallow: { cheap-token: it is compared }\n"
            let whole = text + defaults
            return try LoadedPolicy(dataFolder: "/nowhere", logger: logger) { $0.load(text: whole, named: "a.yaml") }
                .plan
        }
        let difference = PlanDifference(from: try plan("10 sat"), to: try plan("1 sat"))
        #expect(difference.losses(factor: 2).map(\.description) == ["/x 10 sat -> 1 sat"])
    }

    @Test func `a regular expression is compared with the same one`() throws {
        let difference = try Self.difference(
            [Self.priced("10 sat", "{ regex: '/v[0-9]+' }")],
            [Self.free("{ regex: '/v[0-9]+' }")]
        )
        #expect(difference.losses(factor: 2).map(\.description) == ["regex /v[0-9]+ becomes free (was 10 sat)"])
    }

    @Test(arguments: [
        ("{ regex: '/v1/[0-9]+' }", "regex /v1/[0-9]+"),
        (#"{ path: /v1/*, when: '"x" in request.query' }"#, #"/v1/* when "x" in request.query"#),
        ("{ path: /v1/*, jsonrpc: eth_call }", "POST /v1/* jsonrpc eth_call"),
    ])
    func `a free route that takes a part of what is paid for loses money, and a paid one that goes`(
        _ match: String,
        _ told: String
    ) throws {
        // The free ones are of another service: what is paid for is not there.
        let paid = Self.priced("10 sat", "{ path: /v1/* }")
        let added = Self.free(match, name: "y").replacing("echo", with: "nobody")
        let news = try Self.difference([paid], [paid, added])
        #expect(news.losses(factor: 2).map(\.description) == ["\(told) becomes free (was 10 sat)"])
        let free = Self.free("{ path: /v1/* }").replacing("echo", with: "nobody")
        let gone = try Self.difference([Self.priced("10 sat", match, name: "y"), free], [free])
        #expect(gone.losses(factor: 2).map(\.description) == ["\(told) becomes free (was 10 sat)"])
    }

    @Test func `another expression for the same requests is no other price`() throws {
        let difference = try Self.difference(
            [Self.priced("10 sat", "{ regex: '/v1/[0-9]+' }")],
            [Self.priced("10 sat", "{ regex: '/v1/[0-9]{1,9}' }")]
        )
        #expect(difference.costs.isEmpty)
    }

    @Test func `what is no longer served, and what is new, is told and loses nothing`() throws {
        let difference = try Self.difference(
            [Self.priced("10 sat", "{ path: /x }")],
            [Self.priced("10 sat", "{ path: /y }", name: "y")]
        )
        #expect(
            difference.costs.map(\.description) == ["/x is no longer served (was 10 sat)", "/y is served for 10 sat"]
        )
        #expect(difference.losses(factor: 2).isEmpty)
    }
}
