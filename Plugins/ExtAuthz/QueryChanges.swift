internal import GatewayKit

/// Parameters of the query that an authorisation service sets and removes.
struct QueryChanges: Sendable {
    let set: [(name: String, value: String)]
    let removed: [String]

    init(set: [(String, String)], removed: [String]) {
        self.set = set.map { (name: $0.0, value: $0.1) }
        self.removed = removed
    }

    /// `nil`: as it is.
    func target(of target: String) -> String? {
        guard !set.isEmpty || !removed.isEmpty else { return nil }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count > 1 ? parts[1].split(separator: "&") : []
        let replaced = Set(set.map(\.name) + removed)
        let kept = query.filter { !replaced.contains(Self.name(of: $0)) }.map(String.init)
        let added = set.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }
        let all = kept + added
        return "\(parts[0])\(all.isEmpty ? "" : "?")\(all.joined(separator: "&"))"
    }

    /// Decoded, so that another spelling is the same parameter.
    private static func name(of parameter: Substring) -> String {
        let name = parameter.prefix { $0 != "=" }
        var bytes = [UInt8]()
        var rest = Array(name.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = hexByte(rest.prefix(2)) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexByte(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard digits.count == 2, let high = digits.first.flatMap(ASCII.hexValue),
            let low = digits.last.flatMap(ASCII.hexValue)
        else { return nil }
        return high << 4 | low
    }

    /// Unreserved characters stay (RFC 3986 §2.3).
    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }
}
