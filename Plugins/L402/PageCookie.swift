internal import GatewayKit

/// The cookie that opens a service for a browser whose page was paid for.
struct PageCookie: Sendable {
    private static let prefix = Array("sluice_l402_".utf8)

    /// Of the service, so that one does not push out the other.
    let name: String
    private let nameBytes: [UInt8]

    init(service: String) {
        let hash = Array(service.utf8).withUnsafeBytes { Bytes32.sha256(of: $0) }
        name = String(decoding: Self.prefix, as: UTF8.self) + Hex.encoded(hash.array.prefix(8))
        nameBytes = Array(name.utf8)
    }

    /// The value; `nil` when the request carries none. Costs no allocation then.
    func text(in fields: Fields) -> String? {
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

    /// Keeps every such cookie, of whatever service, from the upstream, and leaves the others.
    static func conceal(in exchange: Exchange) {
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
