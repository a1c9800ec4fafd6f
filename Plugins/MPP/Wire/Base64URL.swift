/// The URL-safe base64 (RFC 4648 §5): written without padding, read strictly.
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, digit) in alphabet.enumerated() {
            values[Int(digit)] = UInt8(value)
        }
        return values
    }()

    package static func encoded(_ bytes: some Sequence<UInt8>) -> String {
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
        return String(decoding: digits, as: UTF8.self)
    }

    package static func encoded(_ text: String) -> String {
        encoded(text.utf8)
    }

    /// Whole padding may stand there or be missing. `nil` for other alphabets, white space and bits behind the last byte
    /// that are not zero: then two texts would mean the same bytes.
    package static func decoded(_ text: some BidirectionalCollection<UInt8>) -> [UInt8]? {
        var count = text.count
        let length = count
        var rest = text[...]
        while rest.last == UInt8(ascii: "="), length - count < 2 {
            rest.removeLast()
            count -= 1
        }
        guard count == length || length % 4 == 0, count % 4 != 1 else { return nil }
        var bytes = [UInt8]()
        bytes.reserveCapacity(count / 4 * 3 + 2)
        var group: UInt32 = 0
        var pending = 0
        for digit in rest {
            guard let value = values[Int(digit)] else { return nil }
            group = group << 6 | UInt32(value)
            pending += 6
            if pending >= 8 {
                pending -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(pending)))
            }
        }
        guard group & (1 << UInt32(pending) - 1) == 0 else { return nil }
        return bytes
    }

    package static func decoded(_ text: String) -> [UInt8]? {
        decoded(text.utf8)
    }
}
