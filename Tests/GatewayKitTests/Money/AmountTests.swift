import GatewayKit
import Testing

struct AmountTests {
    @Test(
        arguments: [
            ("10 sat", 10_000), ("10sat", 10_000), ("1 sats", 1_000), ("1500 msat", 1_500), ("0 sat", 0),
            ("007 msat", 7),
            ("2100000000000000 sat", 2_100_000_000_000_000_000),
        ] as [(String, UInt64)]
    )
    func `an amount is read with its unit`(_ text: String, _ millisatoshis: UInt64) {
        #expect(Amount(parsing: text) == Amount(millisatoshis: millisatoshis))
    }

    @Test(arguments: [
        "", "sat", "10", "10  sat", " 10 sat", "10 sat ", "10 Sat", "10 btc", "-1 sat", "+1 sat", "1.5 sat",
        "1,000 sat",
        "1e3 sat", "\u{661} sat", "10\tsat", "10\u{A0}sat", "2100000000000001 sat", "18446744073709551616 msat",
        "18446744073709551615 sat", "18446744073709551615 msat",
    ])
    func `anything else is no amount`(_ text: String) {
        #expect(Amount(parsing: text) == nil)
    }

    @Test(arguments: [0, 1, 999, 1_000, 1_500, 10_000, 2_100_000_000_000_000_000] as [UInt64])
    func `what an amount says of itself is read as the same amount`(_ millisatoshis: UInt64) {
        let amount = Amount(millisatoshis: millisatoshis)
        #expect(Amount(parsing: amount.description) == amount)
    }

    @Test(
        arguments: [
            (0, 0), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (.max, 18_446_744_073_709_552),
        ] as [(UInt64, UInt64)]
    )
    func `satoshis are rounded up`(_ millisatoshis: UInt64, _ satoshis: UInt64) {
        #expect(Amount(millisatoshis: millisatoshis).satoshisRoundedUp == satoshis)
    }

    @Test func `what would overflow is nil`() {
        let largest = Amount(millisatoshis: .max)
        let one = Amount(millisatoshis: 1)
        #expect(largest.adding(one) == nil)
        #expect(largest.adding(.zero) == largest)
        #expect(Amount.zero.subtracting(one) == nil)
        #expect(one.subtracting(one) == .zero)
        #expect(Amount.satoshis(.max) == nil)
        #expect(Amount.satoshis(18_446_744_073_709_551)?.millisatoshis == 18_446_744_073_709_551_000)
        #expect(Amount.satoshis(18_446_744_073_709_552) == nil)
    }

    @Test func `amounts are ordered`() {
        #expect(Amount.zero < Amount(millisatoshis: 1))
        #expect(Amount.maximum < Amount(millisatoshis: .max))
    }

    @Test func `every prefix and every flipped byte of an amount is read or refused`() {
        for text in ["10 sat", "1500 msat", "2100000000000000 sat"] {
            for variant in Variants.of(text) {
                let text = String(decoding: variant, as: UTF8.self)
                if let amount = Amount(parsing: text) {
                    #expect(amount <= .maximum)
                }
            }
        }
    }
}
