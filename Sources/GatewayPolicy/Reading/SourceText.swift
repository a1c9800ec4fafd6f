internal import GatewayKit

/// The text of a policy file before it is YAML: scalars, with lines and columns as libYAML counts them.
struct SourceText {
    /// From 1, in Unicode scalars.
    struct Position: Hashable {
        var line = 1
        var column = 1
    }

    private(set) var scalars: [Unicode.Scalar]
    let file: String

    /// Notes a mistake and returns `nil` when the bytes are not UTF-8 or hold a character that YAML does not allow.
    init?(_ bytes: [UInt8], file: String, mistakes: PolicyMistakes) {
        self.file = file
        scalars = []
        scalars.reserveCapacity(bytes.count)
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var position = Position()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue("\u{FEFF}") where scalars.isEmpty:
                continue
            case .scalarValue(let scalar) where Self.isAllowed(scalar):
                scalars.append(scalar)
                Self.advance(&position, over: scalars.count - 1, of: scalars)
            case .scalarValue(let scalar):
                let code = String(scalar.value, radix: 16, uppercase: true)
                let digits = String(repeating: "0", count: max(0, 4 - code.count)) + code
                mistakes.note(
                    PolicyMistake(
                        place(of: position),
                        "the character U+\(digits) is not allowed in YAML",
                        rule: .notText
                    )
                )
                return nil
            case .error:
                mistakes.note(
                    PolicyMistake(place(of: position), "the file is not text in UTF-8", rule: .notText)
                )
                return nil
            case .emptyInput:
                return
            }
        }
    }

    var text: String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    func place(of position: Position) -> Place {
        Place(file: file, line: position.line, column: position.column)
    }

    /// The index of what stands at a position; `nil` behind the end.
    func index(of wanted: Position) -> Int? {
        var position = Position()
        for index in scalars.indices {
            if position == wanted { return index }
            Self.advance(&position, over: index, of: scalars)
        }
        return nil
    }

    /// Replaces the key at an index, in quotes or not, by another of the same length; false when it is not there as such.
    mutating func replaceKey(_ key: String, at index: Int, by replacement: [Unicode.Scalar]) -> Bool {
        let key = Array(key.unicodeScalars)
        guard scalars.indices.contains(index), key.count == replacement.count else { return false }
        let quote = scalars[index] == "\"" || scalars[index] == "'" ? scalars[index] : nil
        let start = quote == nil ? index : index + 1
        let end = start + key.count
        guard end <= scalars.count, scalars[start..<end].elementsEqual(key) else { return false }
        if let quote {
            guard end < scalars.count, scalars[end] == quote else { return false }
        }
        scalars.replaceSubrange(start..<end, with: replacement)
        return true
    }

    /// YAML 1.1 §5.1, "Character Set"; the byte order mark is allowed at the very beginning alone.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD: true
        case 0x1_0000...0x10_FFFF: true
        default: false
        }
    }

    /// A line ends with LF, CR, CR LF, NEL, LS or PS (YAML 1.1 §5.4).
    private static func advance(_ position: inout Position, over index: Int, of scalars: [Unicode.Scalar]) {
        switch scalars[index].value {
        case 0x0A where index > 0 && scalars[index - 1] == "\r": break
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: position = Position(line: position.line + 1, column: 1)
        default: position.column += 1
        }
    }
}
