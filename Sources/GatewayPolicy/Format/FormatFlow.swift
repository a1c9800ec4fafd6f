/// Writes a map in braces or a list in brackets: `{ a: b }`, `[a, b]`. Where it has several lines it keeps them.
struct FormatFlow {
    private enum Token { case open, openBrackets, close, comma, colon, property, scalar, lineStart }

    private let column: Int
    private var depth = 0
    private var last = Token.scalar

    /// - Parameter column: of the lines that it goes on in.
    init(indented column: Int) {
        self.column = column
    }

    mutating func format(_ cursor: inout FormatCursor, into writer: inout FormatWriter) throws(FormatRefusal) {
        last = .lineStart
        repeat {
            switch cursor.next {
            case nil:
                throw cursor.refusal("this map or list does not end")
            case " ", "\t":
                cursor.skipBlanks()
                continue
            case "\n":
                writer.end()
                cursor.skipEmptyLines()
                let isClosing = cursor.next == "}" || cursor.next == "]"
                writer.begin(indented: column + 2 * (depth - (isClosing ? 1 : 0)) - 2, "")
                last = .lineStart
            case "#":
                writer.addComment(cursor.restOfLine())
                cursor.skipLine()
            case "{"?, "["?:
                let isList = cursor.next == "["
                add(isList ? "[" : "{", isList ? .openBrackets : .open, to: &writer)
                depth += 1
                cursor.skip(1)
            case "}"?, "]"?:
                let needsSpace = cursor.next == "}" && ![.open, .lineStart].contains(last)
                writer.add((needsSpace ? " " : "") + (cursor.next == "}" ? "}" : "]"))
                depth -= 1
                last = .close
                cursor.skip(1)
            case ","?:
                // A colon that a comma follows at once ends no key.
                writer.add(last == .colon ? " ," : ",")
                last = .comma
                cursor.skip(1)
            case ":"? where cursor.endsKey:
                writer.add(":")
                last = .colon
                cursor.skip(1)
            case "\"", "'":
                scalar(cursor.quoted(), to: &writer)
            default:
                if let property = cursor.property() {
                    add(property, .property, to: &writer)
                } else {
                    let text = cursor.plainInFlow()
                    guard !text.isEmpty else { throw cursor.refusal("this map or list cannot be formatted") }
                    add(text, .scalar, to: &writer)
                }
            }
        } while depth > 0
    }

    private mutating func scalar(_ lines: [String], to writer: inout FormatWriter) {
        add(lines[0], .scalar, to: &writer)
        for line in lines.dropFirst() {
            writer.end()
            writer.begin(indented: column + 2 * depth - 2, line)
        }
    }

    private mutating func add(_ text: String, _ token: Token, to writer: inout FormatWriter) {
        let needsSpace =
            switch last {
            case .lineStart, .openBrackets: false
            case .open, .comma, .colon, .property, .scalar, .close: true
            }
        writer.add((needsSpace ? " " : "") + text)
        last = token
    }
}
