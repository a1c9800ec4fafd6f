/// Finds where a member is to be put into the answer of a call, while the answer passes in parts of any size: nothing is
/// kept of it but the names on the way.
///
/// The member stands in the object that a path of names leads to; objects that are missing on the way come with it. Put in
/// at the end of that object, so that of two of one name ours is the later. What is not JSON, and what is no answer with a
/// result, passes as it is.
package struct JSONInsertion: Sendable {
    /// The longest name, and the longest id, that is compared.
    private static let longest = 256

    private enum Text {
        case none
        case name
        case value
    }

    /// An object on the path.
    private struct Level {
        var hasMembers = false
        /// The next name of the path, or that of the member itself, stands there already.
        var isTaken = false
    }

    private let path: [[UInt8]]
    private let member: (name: [UInt8], text: String)
    /// The answer's, a JSON text; `nil`: any.
    private let id: [UInt8]?

    private var depth = 0
    /// The objects on the path that are open, the outermost first; only in the innermost are names looked at, and only
    /// while nothing else is open.
    private var levels = [Level]()
    private var isInString = false
    private var isEscaped = false
    private var awaitsName = false
    private var text = Text.none
    private var name = [UInt8]()
    private var value = [UInt8]()
    private var isForeign = false
    private var isUnnamed = false
    private var hasResult = false
    private var hasError = false
    /// The answer was an error: it is whole, and is told apart from those to other calls.
    package private(set) var isError = false
    /// It was an error without an id: to whatever was asked, where only one thing was.
    package private(set) var isUnnamedError = false
    package private(set) var isDone = false

    /// - Parameters:
    ///   - path: from the root; `[]` is the root itself.
    ///   - value: a JSON text.
    package init(of name: String, _ value: String, at path: [String], id: String?) {
        self.path = path.map { Array($0.utf8) }
        member = (Array(name.utf8), "\(JSONText.quoted(name)):\(value)")
        self.id = id.map { Array($0.utf8) }
    }

    private var isOnPath: Bool { depth == levels.count }

    /// - Returns: what is to be put in front of this byte; `nil` nearly always.
    package mutating func insertion(before byte: UInt8) -> String? {
        if isInString {
            passString(byte)
            return nil
        }
        switch byte {
        case UInt8(ascii: "\""):
            isInString = true
            if isOnPath, awaitsName, depth > 0 {
                text = .name
                name.removeAll(keepingCapacity: true)
            } else {
                keep(byte)
            }
        case UInt8(ascii: "{"), UInt8(ascii: "["): open(isObject: byte == UInt8(ascii: "{"))
        case UInt8(ascii: "}"), UInt8(ascii: "]"): return close(isObject: byte == UInt8(ascii: "}"))
        case UInt8(ascii: ","):
            if isOnPath {
                endValue()
                awaitsName = true
            }
        case UInt8(ascii: ":"):
            if isOnPath, depth > 0 { beginValue() }
        case 0x20, 0x09, 0x0A, 0x0D: break
        default: keep(byte)
        }
        return nil
    }

    // MARK: Strings and plain values

    private mutating func passString(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
            if text == .name {
                text = .none
                return
            }
        }
        if text == .name {
            if name.count < Self.longest { name.append(byte) }
        } else {
            keep(byte)
        }
    }

    /// Of the root's members the values are looked at that say what kind of answer it is.
    private mutating func keep(_ byte: UInt8) {
        guard text == .value, depth == 1, value.count < Self.longest else { return }
        value.append(byte)
    }

    private mutating func beginValue() {
        awaitsName = false
        text = .value
        value.removeAll(keepingCapacity: true)
        levels[depth - 1].hasMembers = true
        if name == (depth <= path.count ? path[depth - 1] : member.name) { levels[depth - 1].isTaken = true }
        if depth == 1, name.elementsEqual("result".utf8) { hasResult = true }
    }

    private mutating func endValue() {
        guard text == .value else { return }
        text = .none
        guard depth == 1 else { return }
        if name.elementsEqual("id".utf8) {
            isUnnamed = value.elementsEqual("null".utf8)
            isForeign = id.map { !Self.isSame(value, $0) } ?? false
        }
        if name.elementsEqual("error".utf8), !value.elementsEqual("null".utf8) { hasError = true }
    }

    /// Writers differ in how they write one text or number.
    private static func isSame(_ value: [UInt8], _ other: [UInt8]) -> Bool {
        if value == other || value.count == longest { return true }
        switch (
            try? value.withUnsafeBytes { try JSONReader.read($0) },
            try? other.withUnsafeBytes { try JSONReader.read($0) }
        ) {
        case (.string(let text)?, .string(let other)?): return text.utf8.elementsEqual(other.utf8)
        case (.number(let number)?, .number(let other)?): return number == other
        default: return false
        }
    }

    // MARK: Objects and lists

    private mutating func open(isObject: Bool) {
        let isNext =
            isOnPath && isObject
            && (depth == 0 || depth <= path.count && text == .value && name == path[depth - 1])
        if isOnPath, depth == 1, text == .value, name.elementsEqual("error".utf8) { hasError = true }
        depth += 1
        guard isNext else { return }
        levels.append(Level())
        awaitsName = true
        text = .none
    }

    private mutating func close(isObject: Bool) -> String? {
        var inserted: String?
        if isOnPath, depth > 0 {
            endValue()
            inserted = isObject ? insertion() : nil
            levels.removeLast()
            if depth == 1, hasError {
                isError = !isForeign
                isUnnamedError = isUnnamed
            }
        }
        depth = max(0, depth - 1)
        if isOnPath { awaitsName = false }
        return inserted
    }

    private mutating func insertion() -> String? {
        let level = levels[depth - 1]
        let isTarget = depth > path.count
        guard !isDone, !isForeign, !hasError, hasResult, isTarget || !level.isTaken,
            // A result is never made up.
            isTarget || path[depth - 1] != Array("result".utf8)
        else { return nil }
        isDone = true
        let missing = path.dropFirst(depth - 1).map { JSONText.quoted(String(decoding: $0, as: UTF8.self)) }
        let opening = missing.map { "\($0):{" }.joined()
        return (level.hasMembers ? "," : "") + opening + member.text + String(repeating: "}", count: missing.count)
    }
}
