internal import GatewayKit

/// The last bytes of a JSON object whose beginning was not kept.
///
/// Of its members those are found that certainly stand in the outermost object, or in one at a level that is asked for: behind
/// one, the text closes so many objects and nothing else. So what a model writes into an object further inside is not taken for
/// the service's own.
struct JSONTail {
    /// What is not found among so many members of its name is not looked for any further: each may take a look at all of it.
    private static let mostLooks = 32

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The value of a member that is an object; `nil` when it is not there, or not for certain.
    ///
    /// - Parameter depth: 1: of the outermost object.
    func member(_ name: String, depth: Int = 1) -> JSONValue? {
        let key = Array("\"\(name)\"".utf8)
        var end = bytes.count
        for _ in 0..<Self.mostLooks {
            guard let start = lastIndex(of: key, before: end) else { return nil }
            end = start + key.count - 1
            guard isKey(at: start), let value = object(behind: start + key.count),
                closesDocument(behind: value.upperBound, depth: depth)
            else { continue }
            return try? bytes[value].withUnsafeBytes { try JSONReader.read($0) }
        }
        return nil
    }

    private func lastIndex(of key: [UInt8], before end: Int) -> Int? {
        var start = end - key.count
        while start >= 0 {
            if bytes[start] == key[0], bytes[start..<start + key.count].elementsEqual(key) { return start }
            start -= 1
        }
        return nil
    }

    /// A name stands behind `{` or `,`: in a text its quotes would be escaped.
    private func isKey(at start: Int) -> Bool {
        let before = bytes[..<start].last { !Self.isSpace($0) }
        return before == UInt8(ascii: "{") || before == UInt8(ascii: ",")
    }

    private func object(behind index: Int) -> Range<Int>? {
        guard let colon = skipSpace(from: index), bytes[colon] == UInt8(ascii: ":"),
            let start = skipSpace(from: colon + 1), bytes[start] == UInt8(ascii: "{"),
            let end = closing(from: start, depth: 0, until: 0)
        else { return nil }
        return start..<end
    }

    /// Behind the member, the outermost object ends, and with it the text.
    private func closesDocument(behind index: Int, depth: Int) -> Bool {
        guard let end = closing(from: index, depth: depth, until: 0) else { return false }
        return skipSpace(from: end) == nil
    }

    /// The index behind the bracket that closes the level `last`.
    private func closing(from start: Int, depth: Int, until last: Int) -> Int? {
        var depth = depth
        var isInString = false
        var isEscaped = false
        for index in start..<bytes.count {
            let byte = bytes[index]
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == last { return index + 1 }
            default: break
            }
        }
        return nil
    }

    private func skipSpace(from index: Int) -> Int? {
        bytes[index...].firstIndex { !Self.isSpace($0) }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
