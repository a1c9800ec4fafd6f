import GatewayKit
import GatewayPolicy
import GatewayTesting
import L402
import MPP
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing
import sluice

/// Prices in another currency, from the source that says a rate to the receipt.
struct FiatPriceTests {
    /// What a bitcoin costs by the source, as the test says.
    private final class Market: Sendable {
        private let value = NIOLockedValueBox(#"{"data":{"amount":"97000"}}"#)

        func say(_ answer: String) { value.withLockedValue { $0 = answer } }

        func answer(_ call: ScriptedService.Call) -> Reply {
            .json(value.withLockedValue { $0 })
        }
    }

    private static func routes(_ source: String) -> String {
        """
          - name: both
            match: { path: /both }
            pipeline: [ use: either-scheme, price: 0.02 USD, forward: echo ]
          - name: metered
            match: { path: /echo }
            pipeline:
              - auth: { use: mpp, intents: session, deposit: 100 sat }
              - rate-limit: { limit: 1000/s }
              - price: 0.02 USD
              - forward: echo
        rates:
          sources: [{ name: market, url: "\(source)/{CURRENCY}", path: data.amount, currency: USD }]
          max-age: 10m
        """
    }

    private func withGateway(
        _ market: Market = Market(),
        _ body: (TestGateway, ManualTime) async throws -> Void
    ) async throws {
        let time = ManualTime()
        try await ScriptedService.with(answer: { market.answer($0) }) { service in
            try await TestGateway.with(routes: Self.routes(service.url), time: time.source) { gateway in
                try await body(gateway, time)
                #expect(service.calls.map(\.target) == ["/USD"])
            }
        }
    }

    private static func quote(in challenge: PaymentChallenge) -> JSONValue? {
        challenge.opaque.flatMap { Base64.url.decoded($0) }.flatMap { try? JSONReader.value(of: $0) }?["q"]
    }

    private static let quoted =
        #"{"price":"0.02 USD","rate":"97000","sources":["market"],"time":"2026-01-01T00:00:00Z"}"#

    @Test func `are asked for in satoshis, and the quote is bound into the challenge and given in the receipt`()
        async throws
    {
        try await withGateway { gateway, _ in
            let answer = try await gateway.request("/both")
            #expect(answer.status == 402)
            #expect(answer.problem?["detail"]?.text == "'both' costs 21 sat (0.02 USD)")
            let challenge = try #require(answer.payments.first)
            #expect(try challenge.requestObject()["amount"]?.text == "21")
            #expect(Self.quote(in: challenge)?.canonical == Self.quoted)
            let paid = try await gateway.present(try await gateway.paid(challenge), "/both")
            expectStatus(200, paid)
            let quote = paid.receipt?.members.first { $0.name == "quote" }
            #expect(quote?.value.canonical == Self.quoted)
        }
    }

    @Test func `hold while their challenge lives, and a changed quote counts for nothing`() async throws {
        try await withGateway { gateway, time in
            let credential = try await gateway.charge("/both")
            time.advance(by: .seconds(1_200))
            expectStatus(503, try await gateway.request("/both"))
            var challenge = credential.challenge
            challenge.opaque = challenge.opaque.flatMap { Base64.url.decoded($0) }.map {
                Base64.url.encoded(String(decoding: $0, as: UTF8.self).replacing("97000", with: "97001"))
            }
            let forged = PaymentCredential(challenge: challenge, payload: credential.payload)
            expectStatus(503, try await gateway.present(forged, "/both"))
            expectStatus(200, try await gateway.present(credential, "/both"))
        }
    }

    @Test func `buy tokens that open whatever the rate does`() async throws {
        try await withGateway { gateway, time in
            let token = try await gateway.buy("/both")
            time.advance(by: .seconds(1_200))
            expectStatus(200, try await gateway.request("/both", [("Authorization", token.authorization)]))
            let refused = try await gateway.request("/both")
            expectStatus(503, refused)
            #expect(refused.headers["retry-after"] == ["10"])
            #expect(!refused.body.contains("market"))
        }
    }

    @Test func `are refused where no source has told a rate`() async throws {
        let market = Market()
        market.say(#"{"data":{"amount":"0"}}"#)
        try await withGateway(market) { gateway, _ in
            expectStatus(503, try await gateway.request("/both"))
            let state = try #require(gateway.policy.plan.rates.states.first)
            #expect(state.rate == nil)
            #expect(state.refusal == "0 of 1 sources have told what a bitcoin costs in USD; 1 have to")
            #expect(state.sources.map(\.failure) == ["its answer holds no rate there"])
        }
    }

    @Test func `are spent from a session at the price of each challenge`() async throws {
        try await withGateway { gateway, _ in
            let session = try await gateway.openSession("/echo")
            let spent1 = try await session.kept.spent
            #expect(spent1 == .satoshis(21))
            expectStatus(200, try await session.present(try await session.bearer()))
            let spent2 = try await session.kept.spent
            #expect(spent2 == .satoshis(42))
        }
    }

    @Test func `stand in the books with their rate`() async throws {
        try await withGateway { gateway, _ in
            let answer = try await gateway.request("/both")
            _ = try await gateway.policy.plan.store.books.chains()
            let rows = try await gateway.policy.plan.store.books.rows(of: LedgerChain.quotes, after: 0, limit: 10)
            let entry = try #require(rows.first?.entry)
            #expect(entry.amount == .satoshis(21))
            #expect(entry.detail == "0.02 USD at 97000 USD of market, 2026-01-01T00:00:00Z")
            #expect(answer.headers["sluice-decision"].first == entry.quote?.description)
        }
    }

    @Test func `are told in their own currency`() async throws {
        try await withGateway { gateway, _ in
            let answer = try await gateway.request("/openapi.json")
            let paths = answer.problem?["paths"]?["/both"]?["get"]
            guard case .array(let offers)? = paths?["x-payment-info"]?["offers"] else {
                throw ConformanceFailure("no offers: \(answer.body)")
            }
            #expect(offers.first?["amount"]?.text == "0.02")
            #expect(offers.first?["currency"]?.text == "USD")
            let text = try await gateway.request("/llms.txt")
            #expect(text.body.contains("0.02 USD"))
        }
    }
}
