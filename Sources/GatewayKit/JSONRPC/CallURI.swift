/// Whether a URI in a call is read in one way only.
///
/// Servers compare URIs as texts, or as what their parser of URLs makes of them (WHATWG URL §4.4: dot segments, default
/// ports, empty user names and much else disappear). Where the two differ, one spelling has one price here and is another
/// resource there.
package enum CallURI {
    private static let special: [String: String] = [
        "http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21", "file": "",
    ]

    package static func isAmbiguous(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return true }
        let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        guard scheme.utf8.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "+") || $0 == 0x2D || $0 == 0x2E }),
            bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#") }),
            !hasTellingEscape(bytes)
        else { return true }
        let rest = bytes[(colon + 1)...]
        guard rest.starts(with: "//".utf8) else { return special[scheme] != nil || hasDotSegment(rest) }
        let hierarchy = rest.dropFirst(2)
        let end = hierarchy.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? hierarchy.endIndex
        return isAmbiguous(authority: hierarchy[..<end], scheme: scheme) || hasDotSegment(hierarchy[end...])
    }

    /// An escape of what separates, of what would be a dot segment, or of what is decoded once more.
    private static func hasTellingEscape(_ bytes: [UInt8]) -> Bool {
        bytes.indices.contains { index in
            guard bytes[index] == UInt8(ascii: "%") else { return false }
            guard index + 2 < bytes.count, let high = ASCII.hexValue(bytes[index + 1]),
                let low = ASCII.hexValue(bytes[index + 2])
            else { return true }
            let byte = UInt8(high) << 4 | UInt8(low)
            return byte < 0x20 || byte == 0x7F || "./\\#?%".utf8.contains(byte)
        }
    }

    private static func hasDotSegment(_ path: ArraySlice<UInt8>) -> Bool {
        let path = path.prefix { $0 != UInt8(ascii: "?") }
        return path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).contains {
            $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8)
        }
    }

    private static func isAmbiguous(authority: ArraySlice<UInt8>, scheme: String) -> Bool {
        guard authority.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: "%") }) else {
            return true
        }
        let isBracketed = authority.first == UInt8(ascii: "[")
        let hostEnd =
            isBracketed
            ? authority.lastIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? authority.endIndex
            : authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        let host = String(decoding: authority[..<hostEnd], as: UTF8.self).lowercased()
        let port = authority[hostEnd...]
        if !port.isEmpty {
            let digits = port.dropFirst()
            guard port.first == UInt8(ascii: ":"), let first = digits.first, first != UInt8(ascii: "0"),
                digits.allSatisfy({ (0x30...0x39).contains($0) }),
                !digits.elementsEqual((special[scheme] ?? "").utf8)
            else { return true }
        }
        guard special[scheme] != nil else { return false }
        // Brackets and numbers are addresses, which have several spellings.
        return isBracketed || host.isEmpty && scheme != "file" || host == "localhost" && scheme == "file"
            || isNumber(host)
    }

    /// The host parser takes it for an address, in whatever base; the usual spelling is let through.
    private static func isNumber(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard let last = labels.last(where: { !$0.isEmpty }),
            last.utf8.first.map({ (0x30...0x39).contains($0) }) == true
        else { return false }
        return IPAddress(host)?.description != host
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
