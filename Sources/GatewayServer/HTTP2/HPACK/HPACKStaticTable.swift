package import GatewayKit

/// The fields that every HPACK peer knows (RFC 7541 Appendix A).
package enum HPACKStaticTable {
    /// Indices are 1...61; the dynamic table's follow.
    package static let count = 61

    /// `nil` for an index that this table does not have.
    package static func entry(at index: Int) -> HPACKEntry? {
        index >= 1 && index <= count ? entries[index - 1] : nil
    }

    /// The name and, right after it, the value of an entry of this table; valid inside `body` only.
    package static func withBytes<Result>(of entry: HPACKEntry, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { bytes in
            body(UnsafeRawBufferPointer(rebasing: bytes[entry.start..<entry.start + entry.byteCount]))
        }
    }

    // MARK: Finding

    /// The first index of a name; 0, which a literal name has (RFC 7541 §6.2), for a name that is not in the table.
    package static func index(of known: KnownField) -> Int {
        Int(indexOfKnown[Int(known.rawValue)])
    }

    /// The first index of a name that is no known field, in any case of letters; 0 when it is not in the table.
    package static func index(ofOther name: UnsafeRawBufferPointer) -> Int {
        guard name.count < othersByLength.count else { return 0 }
        for candidate in othersByLength[name.count] where ASCII.equalIgnoringCase(name, candidate.name) {
            return candidate.index
        }
        return 0
    }

    /// All indices of a pseudo-field; none for one that is not in the table.
    package static func indices(of pseudo: PseudoField) -> Range<Int> {
        switch pseudo {
        case .authority: 1..<2
        case .method: 2..<4
        case .path: 4..<6
        case .scheme: 6..<8
        case .status: 8..<15
        case .protocol: 0..<0
        }
    }

    /// True when the entry at `index` has just this value.
    package static func hasValue(_ value: UnsafeRawBufferPointer, at index: Int) -> Bool {
        guard let entry = entry(at: index), entry.valueCount == value.count else { return false }
        return withBytes(of: entry) { $0.dropFirst(entry.nameCount).elementsEqual(value) }
    }

    // MARK: Contents

    private static let bytes: [UInt8] = fields.flatMap { Array($0.name.utf8) + Array($0.value.utf8) }

    private static let entries: [HPACKEntry] = {
        var start = 0
        return fields.map { field in
            let (nameCount, valueCount) = (field.name.utf8.count, field.value.utf8.count)
            defer { start += nameCount + valueCount }
            let name = Array(field.name.utf8).withUnsafeBytes { HeaderName($0) }
            let fault = Array(field.value.utf8).withUnsafeBytes { name.fault(ofValue: $0) }
            return HPACKEntry(start: start, nameCount: nameCount, valueCount: valueCount, name: name, fault: fault)
        }
    }()

    /// By the raw value of the field.
    private static let indexOfKnown: [UInt8] = KnownField.allCases.map { known in
        guard known != .other, let place = fields.firstIndex(where: { $0.name == known.name }) else { return 0 }
        return UInt8(truncatingIfNeeded: place + 1)
    }

    /// The names that are not known fields, by their length.
    private static let othersByLength: [[(name: [UInt8], index: Int)]] = {
        let longest = fields.map(\.name.utf8.count).max() ?? 0
        var table = [[(name: [UInt8], index: Int)]](repeating: [], count: longest + 1)
        for (place, field) in fields.enumerated() {
            let name = Array(field.name.utf8)
            guard name.withUnsafeBytes({ KnownField(name: $0) }) == .other, !field.name.hasPrefix(":") else { continue }
            table[name.count].append((name, place + 1))
        }
        return table
    }()

    private static let fields: [(name: String, value: String)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
        ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""),
        ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""),
        ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""),
        ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""),
        ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""),
        ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""),
        ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]
}
