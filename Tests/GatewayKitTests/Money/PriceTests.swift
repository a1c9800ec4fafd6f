import GatewayKit
import GatewayTesting
import HTTPTypes
import Testing

struct PriceTests {
    @Test(arguments: [
        ("10 sat", "10 sat"), ("1500 msat", "1500 msat"), ("0.02 USD", "0.02 USD"), ("1EUR", "1 EUR"),
        ("3000 msat", "3 sat"), ("0 USD", "0 USD"),
    ])
    func `takes each form`(_ text: String, _ expected: String) {
        #expect(Price(parsing: text)?.description == expected)
    }

    @Test(arguments: [
        "", "10", "USD", "0.02", "0.02 usd", "0.02  USD", "-1 USD", "0.02 USDT", "1e2 USD", "0.02 BTC", "1 XBT",
        "1.5 sat", "$0.02", "0.02 US", "10 sats USD",
    ])
    func `takes nothing else`(_ text: String) {
        #expect(Price(parsing: text) == nil)
    }

    private func satoshis(_ price: String, at rate: String) throws -> UInt64? {
        let price = try #require(FiatAmount(parsing: price))
        let value = try #require(ExactDecimal(parsing: rate))
        let rate = try #require(ExchangeRate(value, price.currency, sources: [], at: WallTime(seconds: 0)))
        return rate.amount(of: price.number).map(\.satoshisRoundedUp)
    }

    @Test(arguments: [
        ("0.02 USD", "100000", 20), ("0.02 USD", "97123.45", 21), ("0.02 USD", "97000", 21), ("1 USD", "100000000", 1),
        ("1 USD", "100000001", 1), ("1 USD", "99999999", 2), ("0.000000000000000001 USD", "1", 1), ("0 USD", "1", 0),
        ("97000 USD", "97000", 100_000_000), ("0.3 USD", "30000000", 1), ("21000000 USD", "1", 2_100_000_000_000_000),
    ])
    func `is converted exactly, and rounded up once to a satoshi`(
        _ price: String,
        _ rate: String,
        _ expected: UInt64
    ) throws {
        #expect(try satoshis(price, at: rate) == expected)
    }

    @Test(arguments: [
        ("21000001 USD", "1"), ("999999999999999999 USD", "0.000000000000000001"), ("1 USD", "0.000000000000000001"),
    ])
    func `is nothing where it would be more than all bitcoin`(_ price: String, _ rate: String) throws {
        #expect(try satoshis(price, at: rate) == nil)
    }

    @Test func `no rate is zero`() throws {
        let zero = try #require(ExactDecimal(parsing: "0"))
        let dollar = try #require(Currency("USD"))
        #expect(ExchangeRate(zero, dollar, sources: [], at: WallTime(seconds: 0)) == nil)
    }

    @Test func `leaves in the exchange how it was converted`() throws {
        let exchange = Exchange.example()
        let price = try #require(Price(parsing: "0.02 USD"))
        let amount = try price.amount(by: ExampleRates(["97000 USD"]), in: exchange)
        #expect(amount == .satoshis(21))
        #expect(exchange[Conversion.self]?.description == "0.02 USD at 97000 USD of example, 2026-01-01T00:00:00Z")
    }

    @Test func `is refused for a while where nobody knows the rate`() throws {
        let price = try #require(Price(parsing: "0.02 EUR"))
        let reply = #expect(throws: Reply.self) {
            try price.amount(by: ExampleRates(["97000 USD"]), in: Exchange.example())
        }
        #expect(reply?.status == .serviceUnavailable)
        #expect(reply?.fields[.retryAfter] == "10")
    }

    @Test func `is free at any rate where it is zero`() throws {
        let exchange = Exchange.example()
        #expect(try Price(parsing: "0 USD")?.amount(by: ExampleRates(), in: exchange) == .zero)
        #expect(exchange[Conversion.self] == nil)
    }
}
