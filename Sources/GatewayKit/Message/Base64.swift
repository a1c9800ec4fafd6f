/// Base64 in one of its alphabets (RFC 4648).
package struct Base64: Sendable {
    /// The alphabet of URLs (§5): written without padding, read strictly, with whole padding or without. Other alphabets,
    /// white space and bits behind the last byte that are not zero are refused: then two texts would mean the same bytes.
    package static let url = Base64(lastDigits: "-_", isPadded: false, isStrict: true)

    /// The first alphabet (§4): written with padding, read in both alphabets, with padding or without and whatever the bits
    /// behind the last byte, as libraries for macaroons read it.
    package static let standard = Base64(lastDigits: "+/", isPadded: true, isStrict: false)

    private static let commonDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    /// Values have six bits; only the mark of what is no digit has the highest one.
    private static let invalid: UInt8 = 0xFF

    private let alphabet: [UInt8]
    private let values: [UInt8]
    private let isPadded: Bool
    private let isStrict: Bool

    private init(lastDigits: String, isPadded: Bool, isStrict: Bool) {
        alphabet = Array((Self.commonDigits + lastDigits).utf8)
        self.isPadded = isPadded
        self.isStrict = isStrict
        var values = [UInt8](repeating: Self.invalid, count: 256)
        for last in isStrict ? [lastDigits] : ["+/", "-_"] {
            for (value, digit) in (Self.commonDigits + last).utf8.enumerated() {
                values[Int(digit)] = UInt8(value)
            }
        }
        self.values = values
    }

    /// True for a byte that is read as six bits.
    package func isDigit(_ byte: UInt8) -> Bool { values[Int(byte)] != Self.invalid }

    // MARK: Writing

    package func encoded(_ bytes: some Sequence<UInt8>) -> String {
        var digits = [UInt8]()
        var group: UInt32 = 0
        var pending = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            pending += 8
            while pending >= 6 {
                pending -= 6
                digits.append(alphabet[Int(group >> UInt32(pending) & 63)])
            }
        }
        if pending > 0 {
            digits.append(alphabet[Int(group << UInt32(6 - pending) & 63)])
        }
        if isPadded {
            digits += repeatElement(UInt8(ascii: "="), count: (4 - digits.count % 4) % 4)
        }
        return String(decoding: digits, as: UTF8.self)
    }

    package func encoded(_ text: String) -> String { encoded(text.utf8) }

    // MARK: Reading

    /// Room that is enough for the bytes behind `count` digits.
    package static func decodedCapacity(_ count: Int) -> Int { count / 4 * 3 + 3 }

    /// Writes the bytes behind `text`.
    ///
    /// - Parameters:
    ///   - text: the digits.
    ///   - output: where the bytes go.
    /// - Returns: how many they are; `nil` when it is not base64 or `output` has no room for them.
    package func decode(_ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        var count = text.count
        while count > 0, text.count - count < 3, text[count - 1] == UInt8(ascii: "=") {
            count -= 1
        }
        let padding = text.count - count
        guard padding == 0 || (padding < 3 && text.count % 4 == 0), count % 4 != 1 else { return nil }
        let byteCount = count / 4 * 3 + max(count % 4 - 1, 0)
        guard byteCount <= output.count else { return nil }
        return values.withUnsafeBufferPointer { values in
            var written = 0
            var group: UInt32 = 0
            var seen: UInt8 = 0
            for index in 0..<count {
                let value = values[Int(text[index])]
                seen |= value
                group = group << 6 | UInt32(value & 63)
                if index & 3 == 3 {
                    output[written] = UInt8(truncatingIfNeeded: group >> 16)
                    output[written + 1] = UInt8(truncatingIfNeeded: group >> 8)
                    output[written + 2] = UInt8(truncatingIfNeeded: group)
                    written += 3
                    group = 0
                }
            }
            var rest: UInt32 = 0
            switch count & 3 {
            case 2:
                output[written] = UInt8(truncatingIfNeeded: group >> 4)
                rest = group & 15
            case 3:
                output[written] = UInt8(truncatingIfNeeded: group >> 10)
                output[written + 1] = UInt8(truncatingIfNeeded: group >> 2)
                rest = group & 3
            default: break
            }
            return seen & 0x80 == 0 && (rest == 0 || !isStrict) ? byteCount : nil
        }
    }

    package func decoded(_ text: some Sequence<UInt8>) -> [UInt8]? {
        let digits = Array(text)
        var bytes = [UInt8](repeating: 0, count: Self.decodedCapacity(digits.count))
        let count = digits.withUnsafeBytes { digits in bytes.withUnsafeMutableBytes { decode(digits, into: $0) } }
        guard let count else { return nil }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    package func decoded(_ text: some StringProtocol) -> [UInt8]? { decoded(text.utf8) }
}
