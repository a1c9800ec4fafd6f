/// Finds the identifiers of a macaroon in version 2 of the binary form: fields with a type, a length and content, in sections
/// that a zero ends (go-macaroon, marshal-v2.go and packet-v2.go). The signature is lnd's to look at.
enum LndMacaroon {
    private static let end: UInt64 = 0
    private static let identifier: UInt64 = 2
    private static let signature: UInt64 = 6

    /// The macaroon's own first, then those of its caveats; `nil` where the bytes are no macaroon.
    static func identifiers(in bytes: [UInt8]) -> [[UInt8]]? {
        var rest = bytes[...]
        guard rest.popFirst() == 2, let own = section(&rest) else { return nil }
        guard let first = own else { return nil }
        var found = [first]
        while true {
            guard let next = section(&rest) else { return nil }
            guard let caveat = next else { break }
            found.append(caveat)
        }
        guard number(&rest) == signature, let length = number(&rest), length == 32, rest.count == 32 else { return nil }
        return found
    }

    /// The identifier of the next section, `.some(nil)` for a section that is empty, and `nil` where there is none.
    private static func section(_ rest: inout ArraySlice<UInt8>) -> [UInt8]?? {
        var found: [UInt8]?
        while let type = number(&rest) {
            if type == end { return .some(found) }
            guard type < signature, let length = number(&rest), length <= UInt64(rest.count) else { return nil }
            if type == identifier { found = Array(rest.prefix(Int(length))) }
            rest = rest.dropFirst(Int(length))
        }
        return nil
    }

    /// A number in groups of seven bits, the lowest first, of five bytes at the most.
    private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 35, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }
}
