import GRPCCore
import GRPCPricer
import GatewayKit
import GatewayRPC
import Testing

/// What is taken for a price.
struct PriceLimitTests {
    private func taken(_ satoshis: Int64, most: UInt64 = 1_000) -> Result<Amount, PriceFault> {
        let limit = PriceLimit(most: Amount(millisatoshis: most * 1_000))
        return Result { () throws(PriceFault) in try limit.amount(of: satoshis) }
    }

    @Test(arguments: [(0, 0), (1, 1_000), (1_000, 1_000_000)] as [(Int64, UInt64)])
    func `nothing, and all up to the most, is a price`(_ satoshis: Int64, _ millisatoshis: UInt64) {
        #expect(taken(satoshis) == .success(Amount(millisatoshis: millisatoshis)))
    }

    @Test(arguments: [-1, .min] as [Int64])
    func `below zero is no price`(_ satoshis: Int64) {
        #expect(taken(satoshis) == .failure(.negative(satoshis)))
    }

    @Test(arguments: [2_100_000_000_000_001, .max] as [Int64])
    func `more than there is is no price`(_ satoshis: Int64) {
        #expect(taken(satoshis, most: 3_000_000_000_000_000) == .failure(.absurd(satoshis)))
    }

    @Test func `above the most is no price`() throws {
        let (most, more) = (try #require(Amount.satoshis(1_000)), try #require(Amount.satoshis(1_001)))
        #expect(taken(1_001) == .failure(.tooHigh(more, most: most)))
    }

    @Test func `without a word in the policy it is 0.01 bitcoin`() {
        #expect(PriceLimit().most == .satoshis(1_000_000))
    }

    @Test(arguments: [
        (PriceFault.negative(-1), PriceCounts.Name.wrong, true), (.absurd(.max), .wrong, true),
        (.tooHigh(.zero, most: .zero), .tooHigh, true), (PriceFault(ServiceFailure(.malformed, of: "a")), .wrong, true),
        (PriceFault(ServiceFailure(.timedOut, of: "a")), .timedOut, false),
        (PriceFault(ServiceFailure(.unavailable, of: "a")), .unreachable, false),
        (PriceFault(ServiceFailure(.breakerOpen, of: "a")), .leftAlone, false),
        (PriceFault(ServiceFailure(.refused(.notFound), of: "a")), .refusedByServer, false),
    ])
    func `each reason is counted by its name`(_ fault: PriceFault, _ name: PriceCounts.Name, _ isWrong: Bool) {
        #expect(fault.name == name)
        #expect(fault.isWrong == isWrong)
    }

    @Test(arguments: [
        ("refuse", PriceFallback.refuse), ("free", .price(.zero)), ("20 sat", .price(Amount(millisatoshis: 20_000))),
    ])
    func `a fallback is a word or an amount`(_ text: String, _ fallback: PriceFallback) {
        #expect(PriceFallback(parsing: text) == fallback)
        #expect(fallback.description == text)
    }

    @Test(arguments: ["", "20", "open", "-1 sat"])
    func `anything else is no fallback`(_ text: String) {
        #expect(PriceFallback(parsing: text) == nil)
    }
}
