import GatewayKit
import Standard
import Testing

struct TokenRateTests {
    private static func rate(_ text: String) throws -> TokenRate { try #require(TokenRate(parsing: text)) }

    @Test(
        arguments: [
            ("1 msat", "1 msat"), ("2 sat", "2 sat"), ("150 sat/1M", "150 sat/1M"),
            ("1500 msat/500k", "1500 msat/500k"),
            ("3 sat/7", "3 sat/7"), ("0 sat", "0 sat"),
        ]
    )
    func `a rate is read and written`(_ text: String, _ written: String) throws {
        let rate = try Self.rate(text)
        #expect(rate.description == written)
    }

    @Test(arguments: [
        "1", "msat", "1 msat/", "1 msat/0", "1 msat/M", "1 msat/1M/2", "1 USD", "-1 sat", "1 sat/9999999M",
    ])
    func `what is no rate is refused`(_ text: String) {
        #expect(TokenRate(parsing: text) == nil)
    }

    @Test(
        arguments: [
            // input, its rate, output, its rate, millisatoshi
            (11, "1 msat", 5, "2 msat", 21), (0, "1 msat", 0, "2 msat", 0),
            // A third and a third and a third are one, and not three rounded up.
            (1, "1 msat/3", 2, "1 msat/3", 1), (1, "1 msat/3", 0, "1 msat/3", 1), (2, "1 msat/3", 2, "1 msat/3", 2),
            // 0.5 + 0.5 of two rates.
            (1, "1 msat/2", 2, "1 msat/4", 1), (1_000_000, "150 sat/1M", 1, "600 sat/1M", 150_001),
        ] as [(UInt64, String, UInt64, String, UInt64)]
    )
    func `a cost is exact and rounded up once`(
        _ input: UInt64,
        _ inputRate: String,
        _ output: UInt64,
        _ outputRate: String,
        _ cost: UInt64
    ) throws {
        let rates = (try Self.rate(inputRate), try Self.rate(outputRate))
        let amount = TokenRate.cost(of: input, at: rates.0, and: output, at: rates.1)
        #expect(amount == Amount(millisatoshis: cost))
    }

    @Test func `a cost beyond all bitcoin is all of it`() {
        let rate = TokenRate(.maximum, per: 7)
        #expect(TokenRate.cost(of: .max, at: rate, and: .max, at: TokenRate(.maximum, per: .max)) == .maximum)
        #expect(TokenRate.cost(of: .max, at: TokenRate(.maximum), and: 0, at: rate) == .maximum)
    }
}
