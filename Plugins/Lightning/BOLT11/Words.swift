/// Bytes and numbers as words of 5 bits, most significant first (BOLT 11, "Tagged Fields").
enum Words {
    /// The last word is filled up with zeros.
    static func encoded(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var words = [UInt8]()
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = (bits << 8 | UInt32(byte)) & 0xFFFF
            count += 8
            while count >= 5 {
                count -= 5
                words.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)) & 31)
            }
        }
        if count > 0 {
            words.append(UInt8(truncatingIfNeeded: bits << UInt32(5 - count)) & 31)
        }
        return words
    }

    /// As many whole bytes as there are; the bits behind them are left out.
    static func bytes(_ words: some Sequence<UInt8>) -> [UInt8] {
        packed(words).bytes
    }

    /// All the bits, filled up with zeros to a whole byte: what a signature covers.
    static func paddedBytes(_ words: some Sequence<UInt8>) -> [UInt8] {
        var (bytes, rest, count) = packed(words)
        if count > 0 {
            bytes.append(UInt8(truncatingIfNeeded: rest << UInt32(8 - count)))
        }
        return bytes
    }

    /// `nil` when it does not fit into 64 bits.
    static func number(_ words: some Sequence<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for word in words {
            guard number >> 59 == 0 else { return nil }
            number = number << 5 | UInt64(word)
        }
        return number
    }

    /// The fewest words that hold the number; none for zero.
    static func encoded(_ number: UInt64) -> [UInt8] {
        var words = [UInt8]()
        var rest = number
        while rest > 0 {
            words.append(UInt8(truncatingIfNeeded: rest & 31))
            rest >>= 5
        }
        return words.reversed()
    }

    /// Exactly `count` words; what does not fit into them is left out.
    static func encoded(_ number: UInt64, count: Int) -> [UInt8] {
        let words = encoded(number).suffix(count)
        return [UInt8](repeating: 0, count: count - words.count) + words
    }

    private static func packed(_ words: some Sequence<UInt8>) -> (bytes: [UInt8], rest: UInt32, count: Int) {
        var bytes = [UInt8]()
        var bits: UInt32 = 0
        var count = 0
        for word in words {
            bits = (bits << 5 | UInt32(word)) & 0xFFF
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return (bytes, bits & (1 << UInt32(count) - 1), count)
    }
}
