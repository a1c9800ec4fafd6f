import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import SpendLimit
import Testing

struct SpendLimitCaveatTests {
    private static func make(
        _ settings: Any? = "10 sat",
        store: any Store = CountingStore()
    ) -> (verifier: SpendLimitCaveat?, messages: [String]) {
        let example = ExampleSettings(settings)
        let verifier = example.make(word: "spend-limit") { SpendLimitCaveat(from: &$0, .example(store: store)) }
        return (verifier, example.messages)
    }

    private static func caveat(_ value: String) -> Caveat { Caveat(condition: "spend-limit", value: value) }

    private static func exchange(_ caveats: [Caveat], payment: UInt8 = 1, on loop: any EventLoop) -> Exchange {
        let exchange = Exchange.example(eventLoop: loop)
        exchange.credential = Credential(
            scheme: "example",
            id: CredentialID(.random()),
            payment: PaymentHash(Bytes32([UInt8](repeating: payment, count: 32)) ?? .zero),
            caveats: caveats
        )
        return exchange
    }

    /// What the verifier says to a request, and then does when it ends as told; `nil`: it does not end.
    private static func reserve(
        _ limits: String...,
        store: any Store,
        cost: String = "10 sat",
        payment: UInt8 = 1,
        ending end: Outcome? = nil
    ) async throws -> Rejection? {
        let verifier = try #require(make(cost, store: store).verifier)
        return try await answered { loop in
            let caveats = limits.map(caveat)
            let exchange = exchange(caveats, payment: payment, on: loop)
            return try verifier.reserve(for: caveats, exchange).map { rejection in
                if let end { verifier.settle(exchange, as: end) }
                return rejection
            }
        }
    }

    private static func ended(_ end: Outcome.End, _ status: Int?) -> Outcome {
        Outcome(end: end, status: status.map { .init(code: $0) }, requestBytes: 0, responseBytes: 0)
    }

    // MARK: Reading

    @Test(arguments: [
        ("10 sat", true), ("10000 msat", true), ("9999 msat", false), ("9 sat", false), ("1000 sat", true),
        ("", false), ("10", false), ("-10 sat", false), ("10 btc", false), ("99999999999999999999 sat", false),
        ("21000000000000000 sat", false),
    ])
    func `a limit permits a request that it can pay for`(_ value: String, _ expected: Bool) throws {
        #expect(try #require(Self.make().verifier).allows(Self.caveat(value), .example()) == expected)
    }

    @Test(arguments: [
        ("100 sat", "50 sat", true), ("100 sat", "100000 msat", true), ("100 sat", "101 sat", false),
        ("100 sat", "much", false), ("much", "100 sat", false),
    ])
    func `a later limit is no more than the earlier one`(_ earlier: String, _ later: String, _ expected: Bool) throws {
        let verifier = try #require(Self.make().verifier)
        #expect(verifier.narrows(Self.caveat(earlier), to: Self.caveat(later)) == expected)
    }

    @Test func `what a request costs is an amount of more than nothing`() {
        #expect(Self.make(["cost": "10 sat"]).messages == [])
        #expect(Self.make().messages == [])
        #expect(
            Self.make([String: Any]()).messages == ["'spend-limit' needs 'cost': an amount such as 10 sat or 1500 msat"]
        )
        #expect(
            Self.make("ten").messages == ["'spend-limit' should be an amount such as 10 sat or 1500 msat, not 'ten'"]
        )
        let nothing = "'spend-limit' should say what a request costs, which is more than nothing"
        #expect(Self.make("0 sat").messages == [nothing])
        #expect(Self.make(["cost": "0 sat"]).messages == [nothing])
    }

    @Test func `what is sold pays for a request at least`() throws {
        func verdict(_ value: String) throws -> SoldCaveatVerdict? {
            let place = Place(file: "example.yaml", line: 1, column: 1)
            let sold = SoldCaveat(condition: "spend-limit", value: .text(value), place: place)
            return try #require(Self.make().verifier).verdict(on: sold)
        }
        #expect(try verdict("10 sat") == .enforced)
        #expect(try verdict("9 sat") == .unfulfillable("is less than a request costs here, 10 sat"))
        #expect(try verdict("nine") == .unfulfillable("is no amount such as 1000 sat"))
    }

    // MARK: Taking

    @Test func `requests take from one count until it does not suffice`() async throws {
        let store = CountingStore()
        for _ in 0..<2 {
            #expect(try await Self.reserve("25 sat", store: store) == nil)
        }
        #expect(try await Self.reserve("25 sat", store: store)?.reason == .used)
        #expect(Array(store.taken.values) == [20_000])
        #expect(try await Self.reserve("25 sat", store: store, cost: "5 sat") == nil)
    }

    @Test func `every payment has its own count, and copies of a token share one`() async throws {
        let store = CountingStore()
        #expect(try await Self.reserve("10 sat", store: store, payment: 1) == nil)
        #expect(try await Self.reserve("10 sat", store: store, payment: 2) == nil)
        #expect(try await Self.reserve("10 sat", store: store, payment: 1)?.reason == .used)
        #expect(try await Self.reserve("30 sat", "20 sat", store: store, payment: 1) == nil)
        #expect(try await Self.reserve("30 sat", "20 sat", store: store, payment: 1)?.reason == .used)
        #expect(try await Self.reserve("30 sat", store: store, payment: 1) == nil)
    }

    @Test(arguments: [
        (ended(.replied, 429), false), (ended(.upstreamFailed(.unreachable), 502), false),
        (ended(.upstreamFailed(.timeout), 504), false), (ended(.answered, 500), false),
        (ended(.clientLeft, nil), false), (ended(.answered, 200), true), (ended(.answered, 404), true),
        (ended(.upstreamFailed(.closed), 200), true), (ended(.cut, 200), true),
    ])
    func `what came of nothing is given back`(_ end: Outcome, _ isSpent: Bool) async throws {
        let store = CountingStore()
        #expect(try await Self.reserve("10 sat", store: store, ending: end) == nil)
        #expect(Array(store.taken.values) == [isSpent ? 10_000 : 0])
    }

    @Test func `where two places of a route take, both give back`() async throws {
        let store = CountingStore()
        let first = try #require(Self.make("10 sat", store: store).verifier)
        let second = try #require(Self.make("5 sat", store: store).verifier)
        let rejection = try await answered { loop in
            let caveats = [Self.caveat("100 sat")]
            let exchange = Self.exchange(caveats, on: loop)
            return try first.reserve(for: caveats, exchange).flatMap { _ in
                try second.reserve(for: caveats, exchange)
            }.map { rejection in
                second.giveBack(exchange)
                first.giveBack(exchange)
                return rejection
            }
        }
        #expect(rejection == nil)
        #expect(Array(store.taken.values) == [0])
    }

    @Test func `what was refused gives nothing back`() async throws {
        let store = CountingStore()
        #expect(try await Self.reserve("10 sat", store: store) == nil)
        #expect(try await Self.reserve("10 sat", store: store, ending: Self.ended(.replied, 402)) != nil)
        #expect(Array(store.taken.values) == [10_000])
    }

    @Test func `a store that does not answer refuses without an offer`() async throws {
        let error = await #expect(throws: Reply.self) {
            _ = try await Self.reserve("10 sat", store: CountingStore(isDown: true))
        }
        #expect(error?.status.code == 503)
    }

    @Test(arguments: CaveatVerifierConformance.Check.allCases)
    func `it keeps a verifier's promises`(_ check: CaveatVerifierConformance.Check) throws {
        let store = CountingStore()
        try CaveatVerifierConformance(
            #require(Self.make(store: store).verifier),
            values: ["10 sat", "1 sat", "100 sat", "15000 msat", "5 sat", "20999999 sat"],
            exchanges: [.example()]
        ).run(check)
        #expect(store.taken.isEmpty)
    }
}
