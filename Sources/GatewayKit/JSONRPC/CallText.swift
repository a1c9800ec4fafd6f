/// Forms in which texts of calls are compared, so that another spelling of what a service may take for the same thing is
/// taken for the same thing here.
package enum CallText {
    /// Without regard to the case of letters, to white space at the ends, and to how letters are composed.
    package static func folded(_ text: String) -> String {
        var result = ""
        for scalar in text.lowercased().unicodeScalars {
            switch scalar {
            // Letters whose upper case is ASCII: case folding maps them there (Unicode, CaseFolding.txt).
            case "\u{17F}": result.unicodeScalars.append("s")
            case "\u{212A}": result.unicodeScalars.append("k")
            default: result.unicodeScalars.append(scalar)
            }
        }
        var rest = result.unicodeScalars[...]
        while rest.first?.properties.isWhitespace == true { rest.removeFirst() }
        while rest.last?.properties.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    /// A URI in the one form of all that parsers of URLs may make of it: decoded, in lower case, without dot segments,
    /// empty segments, what they drop, and the fragment.
    package static func foldedURI(_ text: String) -> String {
        var bytes = Array(text.utf8)
        // What is encoded twice is decoded twice by nobody, or by everybody: three times is enough to find out.
        for _ in 0..<3 {
            let decoded = percentDecoded(bytes)
            if decoded.count == bytes.count { break }
            bytes = decoded
        }
        // WHATWG URL §4.4: control characters and spaces are dropped, and a backslash is a slash.
        let plain = bytes.filter { $0 > 0x20 && $0 != 0x7F }.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }
        // By bytes: a combining accent would make another character of what separates.
        let folded = folded(String(decoding: plain, as: UTF8.self)).utf8.prefix { $0 != UInt8(ascii: "#") }
        var segments = [Substring.UTF8View]()
        for segment in folded.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true) {
            if segment.elementsEqual(".".utf8) { continue }
            if segment.elementsEqual("..".utf8) {
                // The scheme stays.
                if segments.count > 1 { segments.removeLast() }
            } else {
                segments.append(segment)
            }
        }
        return segments.map { String(Substring($0)) }.joined(separator: "/")
    }

    private static func percentDecoded(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8]()
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = ASCII.hexValue(bytes[index + 1]),
                let low = ASCII.hexValue(bytes[index + 2])
            {
                result.append(UInt8(high) << 4 | UInt8(low))
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    // MARK: Fields

    /// How a field may repeat a text: as it is, or in base64 between marks where a field cannot hold it (MCP draft,
    /// "Standard Request Headers").
    package static func fieldValues(of text: String) -> [String] {
        [text, "=?base64?\(Base64.standard.encoded(text))?="]
    }
}
