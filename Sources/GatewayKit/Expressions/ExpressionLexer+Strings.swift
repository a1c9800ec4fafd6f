/// Strings: in quotes of either kind, or three of them; `r` before them leaves backslashes as they are.
extension ExpressionLexer {
    /// `nil` when there is none here.
    mutating func string() throws(ExpressionMistake) -> ExpressionToken.Kind? {
        let start = index
        var prefix = 0
        var isRaw = false
        var isBytes = false
        while prefix < 2, let byte = byte(prefix) {
            switch ASCII.lowercased(byte) {
            case UInt8(ascii: "r") where !isRaw: isRaw = true
            case UInt8(ascii: "b") where !isBytes: isBytes = true
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                return try string(from: start, prefix: prefix, isRaw: isRaw, isBytes: isBytes)
            default: return nil
            }
            prefix += 1
        }
        guard let quote = byte(prefix), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        return try string(from: start, prefix: prefix, isRaw: isRaw, isBytes: isBytes)
    }

    private mutating func string(
        from start: Int,
        prefix: Int,
        isRaw: Bool,
        isBytes: Bool
    ) throws(ExpressionMistake) -> ExpressionToken.Kind {
        guard !isBytes else { throw ExpressionMistake(start, "bytes are not part of expressions here; write a string") }
        index += prefix
        guard let quote = next else { throw ExpressionMistake(start, "this string does not end") }
        let isTripled = byte(1) == quote && byte(2) == quote
        index += isTripled ? 3 : 1
        var content = [UInt8]()
        while let byte = next {
            if byte == quote {
                if !isTripled {
                    index += 1
                    return .string(String(decoding: content, as: UTF8.self))
                }
                if self.byte(1) == quote, self.byte(2) == quote {
                    index += 3
                    return .string(String(decoding: content, as: UTF8.self))
                }
            }
            if !isTripled, byte == 0x0A || byte == 0x0D { break }
            index += 1
            if byte == UInt8(ascii: "\\"), !isRaw {
                content += try escaped()
            } else {
                content.append(byte)
                // In a raw string a backslash stays, and what stands behind it does not end the string.
                if byte == UInt8(ascii: "\\"), let following = next,
                    following == quote || following == UInt8(ascii: "\\")
                {
                    content.append(following)
                    index += 1
                }
            }
        }
        throw ExpressionMistake(start, "this string does not end")
    }

    /// What stands behind a backslash.
    private mutating func escaped() throws(ExpressionMistake) -> [UInt8] {
        let start = index - 1
        guard let byte = next else { throw ExpressionMistake(start, "this string does not end") }
        index += 1
        switch byte {
        case UInt8(ascii: "a"): return [0x07]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "v"): return [0x0B]
        case UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
            return [byte]
        case UInt8(ascii: "x"), UInt8(ascii: "X"): return try codePoint(digits: 2, radix: 16, from: start)
        case UInt8(ascii: "u"): return try codePoint(digits: 4, radix: 16, from: start)
        case UInt8(ascii: "U"): return try codePoint(digits: 8, radix: 16, from: start)
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            index -= 1
            return try codePoint(digits: 3, radix: 8, from: start)
        default:
            throw ExpressionMistake(
                start,
                "there is no escape '\\\(Character(Unicode.Scalar(byte)))'; a backslash itself is '\\\\'"
            )
        }
    }

    private mutating func codePoint(digits count: Int, radix: UInt32, from start: Int) throws(ExpressionMistake)
        -> [UInt8]
    {
        var number: UInt32 = 0
        for _ in 0..<count {
            guard let digit = next.flatMap({ ASCII.hexValue($0) }), UInt32(digit) < radix else {
                throw ExpressionMistake(
                    start,
                    "an escape such as '\\x41', '\\101', '\\u0041' or '\\U00000041' lacks digits"
                )
            }
            index += 1
            number = number &* radix &+ UInt32(digit)
        }
        guard let scalar = Unicode.Scalar(number) else {
            throw ExpressionMistake(start, "this escape names no character")
        }
        return Array(String(Character(scalar)).utf8)
    }
}
