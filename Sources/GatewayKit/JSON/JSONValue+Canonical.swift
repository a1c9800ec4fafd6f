extension JSONValue {
    /// The one text that this value has (RFC 8785, JSON Canonicalization Scheme).
    package var canonical: String {
        var text = [UInt8]()
        write(into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private func write(into text: inout [UInt8]) {
        switch self {
        case .null: text += "null".utf8
        case .bool(let value): text += (value ? "true" : "false").utf8
        case .number(let number): text += ECMAScriptNumber.text(of: number).utf8
        case .string(let string): Self.write(string, into: &text)
        case .array(let values):
            text.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                value.write(into: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            // RFC 8785 §3.2.3: by UTF-16 code units, which no comparison of Swift's strings does.
            let sorted = members.sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                Self.write(member.name, into: &text)
                text.append(UInt8(ascii: ":"))
                member.value.write(into: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    /// RFC 8785 §3.2.2.2: the quotation mark, the backslash and control characters are escaped, nothing else is.
    private static func write(_ string: String, into text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): text += "\\\"".utf8
            case UInt8(ascii: "\\"): text += "\\\\".utf8
            case 0x08: text += "\\b".utf8
            case 0x09: text += "\\t".utf8
            case 0x0A: text += "\\n".utf8
            case 0x0C: text += "\\f".utf8
            case 0x0D: text += "\\r".utf8
            case 0..<0x20:
                text += "\\u00".utf8
                text.append(ASCII.lowercaseHexDigits[Int(byte >> 4)])
                text.append(ASCII.lowercaseHexDigits[Int(byte & 15)])
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
