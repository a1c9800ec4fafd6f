/// A cookie that opens a route for a browser whose page was paid for.
package struct PageCookie: Sendable {
    private static let prefix = Array("sluice_page_".utf8)

    package let name: String
    private let nameBytes: [UInt8]

    /// - Parameters:
    ///   - scheme: the word of the scheme whose credential it is.
    ///   - part: tells those of a scheme apart, so that one does not push out the other: letters, digits, `-` and `_`.
    package init(scheme: String, part: String) {
        name = String(decoding: Self.prefix, as: UTF8.self) + "\(scheme)_\(part)"
        nameBytes = Array(name.utf8)
    }

    /// The value; `nil` when the request carries none. Costs no allocation then.
    package func text(in fields: Fields) -> String? {
        for line in fields.lines.indices where fields.lines[line].known == .cookie {
            let found = fields.withValue(at: line) { bytes -> String? in
                var reader = Reader(bytes)
                while let cookie = reader.next() {
                    guard cookie.count > nameBytes.count, cookie.starts(with: nameBytes),
                        cookie[cookie.startIndex + nameBytes.count] == UInt8(ascii: "=")
                    else { continue }
                    return String(decoding: cookie.dropFirst(nameBytes.count + 1), as: UTF8.self)
                }
                return nil
            }
            if let found { return found }
        }
        return nil
    }

    /// The first cookies of a scheme, so many at the most. Costs no allocation when there are none.
    package static func pairs(
        of scheme: String,
        in fields: Fields,
        upTo limit: Int
    ) -> [(name: String, value: String)] {
        var pairs = [(name: String, value: String)]()
        for line in fields.lines.indices where fields.lines[line].known == .cookie {
            fields.withValue(at: line) { bytes in
                var reader = Reader(bytes)
                while pairs.count < limit, let cookie = reader.next() {
                    guard cookie.starts(with: prefix), cookie.dropFirst(prefix.count).starts(with: scheme.utf8),
                        let sign = cookie.firstIndex(of: UInt8(ascii: "="))
                    else { continue }
                    pairs.append(
                        (
                            String(decoding: cookie[..<sign], as: UTF8.self),
                            String(decoding: cookie[(sign + 1)...], as: UTF8.self)
                        )
                    )
                }
            }
        }
        return pairs
    }

    /// The value of `Set-Cookie` (RFC 6265 §4.1): out of the reach of scripts, and not sent with what other sites load.
    ///
    /// - Parameter seconds: how long it is kept; 0: it is forgotten.
    package static func line(name: String, value: String, seconds: Int64, isSecure: Bool) -> String {
        "\(name)=\(value); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(max(0, seconds))" + (isSecure ? "; Secure" : "")
    }

    /// Keeps every such cookie, of whatever service, from the upstream, and leaves the others.
    package static func conceal(in exchange: Exchange) {
        let fields = exchange.request.fields
        let isThere = fields.lines.indices.contains { line in
            fields.lines[line].known == .cookie
                && fields.withValue(at: line) { bytes in
                    var reader = Reader(bytes)
                    while let cookie = reader.next() {
                        if cookie.starts(with: prefix) { return true }
                    }
                    return false
                }
        }
        guard isThere else { return }
        var others = [String]()
        for line in fields.lines.indices where fields.lines[line].known == .cookie {
            fields.withValue(at: line) { bytes in
                var reader = Reader(bytes)
                while let cookie = reader.next() {
                    if cookie.starts(with: prefix) { continue }
                    others.append(String(decoding: cookie, as: UTF8.self))
                }
            }
        }
        let name = FieldName(.cookie)
        if others.isEmpty {
            exchange.edits.remove(name, of: exchange.request)
        } else {
            exchange.edits.set(name, others.joined(separator: "; "), of: exchange.request)
        }
    }

    /// The pairs of a `Cookie` line (RFC 6265 §4.2.1), one after the other.
    private struct Reader {
        private var rest: Slice<UnsafeRawBufferPointer>

        init(_ bytes: UnsafeRawBufferPointer) {
            rest = bytes[...]
        }

        mutating func next() -> Slice<UnsafeRawBufferPointer>? {
            while let first = rest.first, first == UInt8(ascii: " ") || first == UInt8(ascii: ";") {
                rest.removeFirst()
            }
            guard !rest.isEmpty else { return nil }
            let end = rest.firstIndex(of: UInt8(ascii: ";")) ?? rest.endIndex
            defer { rest = rest[end...] }
            return rest[..<end]
        }
    }
}
