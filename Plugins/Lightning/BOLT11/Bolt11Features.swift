/// The feature bits of an invoice (BOLT 9, context 9).
package struct Bolt11Features: Hashable, Sendable {
    /// The bits that are set, in ascending order.
    package let bits: [Int]

    package init(bits: [Int]) {
        self.bits = Set(bits).sorted()
    }

    /// What every payer knows today: onions of variable length and a payment secret, both required.
    package static let basic = Bolt11Features(bits: [8, 14])

    /// Even bits that a payer here understands: var_onion_optin, payment_secret, basic_mpp, option_route_blinding and
    /// option_payment_metadata (BOLT 9).
    private static let known: Set<Int> = [8, 14, 16, 24, 48]

    /// The first even bit that is not known: it forbids paying. An odd one may be ignored (BOLT 9).
    var unknownRequired: Int? {
        bits.first { $0 % 2 == 0 && !Self.known.contains($0) }
    }

    init(words: some Collection<UInt8>) {
        var bits = [Int]()
        for (position, word) in words.reversed().enumerated() {
            for bit in 0..<5 where word >> UInt8(bit) & 1 == 1 {
                bits.append(5 * position + bit)
            }
        }
        self.bits = bits
    }

    /// The fewest words that hold the bits; `nil` for a bit that no field has room for.
    var words: [UInt8]? {
        guard let highest = bits.last else { return [] }
        guard let lowest = bits.first, lowest >= 0, highest / 5 < Bolt11Field.longest else { return nil }
        var words = [UInt8](repeating: 0, count: highest / 5 + 1)
        for bit in bits {
            words[words.count - 1 - bit / 5] |= 1 << UInt8(bit % 5)
        }
        return words
    }
}
