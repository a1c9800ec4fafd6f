/// Base64 (RFC 4648): written in the standard alphabet with padding, read in the URL-safe one and without padding too.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let invalid: UInt8 = 0xFF

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for (value, digit) in alphabet.enumerated() {
            values[Int(digit)] = UInt8(value)
        }
        values[Int(UInt8(ascii: "-"))] = 62
        values[Int(UInt8(ascii: "_"))] = 63
        return values
    }()

    /// Room that is enough for the bytes behind `count` digits.
    package static func decodedCapacity(_ count: Int) -> Int {
        count / 4 * 3 + 3
    }

    /// Writes the bytes behind `text`.
    ///
    /// - Returns: how many they are; `nil` when it is not base64 or `output` has no room for them.
    package static func decode(_ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
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
            switch count & 3 {
            case 2:
                output[written] = UInt8(truncatingIfNeeded: group >> 4)
            case 3:
                output[written] = UInt8(truncatingIfNeeded: group >> 10)
                output[written + 1] = UInt8(truncatingIfNeeded: group >> 2)
            default: break
            }
            // Values have six bits; only the mark of an invalid digit has the highest one.
            return seen & 0x80 == 0 ? byteCount : nil
        }
    }

    package static func decoded(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        var bytes = [UInt8](repeating: 0, count: decodedCapacity(digits.count))
        let count = digits.withUnsafeBytes { digits in bytes.withUnsafeMutableBytes { decode(digits, into: $0) } }
        guard let count else { return nil }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    package static func encoded(_ bytes: [UInt8]) -> String {
        var digits = [UInt8]()
        digits.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group {
                bits = bits << 8 | UInt32(byte)
            }
            bits <<= UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let isPadding = position > group.count
                let value = Int(bits >> UInt32(18 - 6 * position) & 63)
                digits.append(isPadding ? UInt8(ascii: "=") : alphabet[value])
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
