/// A place in the text of a policy.
struct FormatCursor {
    private let text: [Character]
    private var index = 0
    private var lineStart = 0
    private var line = 1

    init(_ text: String) {
        self.text = text.map { $0 == "\r\n" || $0 == "\r" ? "\n" : $0 }
    }

    var isAtEnd: Bool { index >= text.count }
    var isAtLineEnd: Bool { isAtEnd || text[index] == "\n" }
    var next: Character? { isAtEnd ? nil : text[index] }
    var column: Int { index - lineStart }

    func refusal(_ reason: String) -> FormatRefusal { FormatRefusal(line: line, reason: reason) }

    private func character(_ distance: Int) -> Character? {
        text.indices.contains(index + distance) ? text[index + distance] : nil
    }

    private static func isBlank(_ character: Character?) -> Bool {
        character == nil || character == " " || character == "\t" || character == "\n"
    }

    // MARK: Moving

    mutating func skip(_ count: Int) {
        for _ in 0..<count where !isAtEnd {
            if text[index] == "\n" {
                line += 1
                lineStart = index + 1
            }
            index += 1
        }
    }

    mutating func move(to place: Int) { skip(place - index) }

    mutating func skipBlanks() {
        while next == " " || next == "\t" { index += 1 }
    }

    /// To the end of the line.
    mutating func skipLine() {
        while !isAtLineEnd { index += 1 }
    }

    mutating func skipLineEnd() {
        if next == "\n" { skip(1) }
    }

    mutating func skipEmptyLines() {
        while let next, next == "\n" || next == " " || next == "\t" { skip(1) }
    }

    // MARK: Looking

    /// Without the blanks at its end.
    func restOfLine() -> String {
        var end = index
        while end < text.count, text[end] != "\n" { end += 1 }
        while end > index, text[end - 1] == " " || text[end - 1] == "\t" { end -= 1 }
        return String(text[index..<end])
    }

    /// `---`, `...` or `%`, at the beginning of a line.
    var isMarker: Bool {
        let rest = restOfLine()
        return rest.hasPrefix("%") || ["---", "..."].contains { rest == $0 || rest.hasPrefix("\($0) ") }
    }

    /// A dash that begins an entry of a list.
    var isEntry: Bool { next == "-" && Self.isBlank(character(1)) }

    /// A colon behind a key in braces.
    var endsKey: Bool {
        let next = character(1)
        return Self.isBlank(next) || next.map { ",[]{}".contains($0) } == true || ["\"", "'"].contains(character(-1))
    }

    /// A key with its anchor, and where the value begins: behind the colon. `nil` where no key stands.
    func key() -> (text: String, end: Int)? {
        var ahead = self
        while ahead.property() != nil { ahead.skipBlanks() }
        guard let first = ahead.next, !"[{|>#".contains(first) else { return nil }
        if first == "\"" || first == "'" {
            guard ahead.quoted().count == 1 else { return nil }
        } else {
            while !ahead.isAtLineEnd, !(ahead.next == ":" && Self.isBlank(ahead.character(1))) {
                if ahead.next == "#", Self.isBlank(ahead.character(-1)) { return nil }
                ahead.skip(1)
            }
        }
        let end = ahead.index
        ahead.skipBlanks()
        guard ahead.next == ":", Self.isBlank(ahead.character(1)) else { return nil }
        var text = String(text[index..<end])
        while text.last == " " { text.removeLast() }
        return (text, ahead.index + 1)
    }

    // MARK: Reading

    /// An anchor or a tag.
    mutating func property() -> String? {
        guard next == "&" || next == "!" else { return nil }
        return word()
    }

    /// Up to the next blank, or what ends an anchor in braces or brackets.
    mutating func word() -> String {
        let start = index
        while !Self.isBlank(next), next.map({ ",[]{}".contains($0) }) != true { index += 1 }
        return String(text[start..<index])
    }

    /// A text in quotes, line by line and without the blanks around line ends.
    mutating func quoted() -> [String] {
        guard let quote = next else { return [""] }
        let start = index
        skip(1)
        while !isAtEnd {
            if quote == "\"", next == "\\" {
                skip(2)
            } else if next == quote {
                skip(1)
                guard quote == "'", next == quote else { break }
                skip(1)
            } else {
                skip(1)
            }
        }
        let lines = text[start..<index].split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().map { number, line in
            var line = line
            while number > 0, line.first == " " || line.first == "\t" { line.removeFirst() }
            while number < lines.count - 1, line.last == " " || line.last == "\t" { line.removeLast() }
            return String(line)
        }
    }

    /// A text without quotes, up to the end of the line or a comment.
    mutating func plain() -> String {
        let start = index
        while !isAtLineEnd, !(next == "#" && Self.isBlank(character(-1))) { index += 1 }
        while index > start, text[index - 1] == " " || text[index - 1] == "\t" { index -= 1 }
        return String(text[start..<index])
    }

    /// The same in braces or brackets.
    mutating func plainInFlow() -> String {
        let start = index
        while let next, next != "\n", !",[]{}".contains(next), !(next == ":" && endsPlainKey),
            !(next == "#" && Self.isBlank(character(-1)))
        {
            index += 1
        }
        while index > start, text[index - 1] == " " || text[index - 1] == "\t" { index -= 1 }
        return String(text[start..<index])
    }

    private var endsPlainKey: Bool {
        let next = character(1)
        return Self.isBlank(next) || next.map { ",[]{}".contains($0) } == true
    }

    /// Where a scalar without quotes goes on in the lines below, and how many blank lines stand between; `nil` where it ends.
    func continuation(deeperThan column: Int) -> (start: Int, blanks: Int)? {
        guard next == "\n" else { return nil }
        var ahead = self
        var breaks = 0
        while ahead.next == "\n" {
            breaks += 1
            ahead.skip(1)
            ahead.skipBlanks()
        }
        guard !ahead.isAtEnd, ahead.next != "#", ahead.column > column, !(ahead.column == 0 && ahead.isMarker) else {
            return nil
        }
        return (ahead.index, breaks - 1)
    }

    /// The lines of a block scalar, which begins in the next line.
    mutating func blockLines(deeperThan column: Int) -> [String] {
        var lines = [String]()
        while next == "\n" {
            var ahead = self
            ahead.skip(1)
            let start = ahead.index
            while ahead.next == " " { ahead.skip(1) }
            guard !ahead.isAtEnd || start < ahead.index, ahead.isAtLineEnd || ahead.column > column else { break }
            ahead.skipLine()
            lines.append(String(text[start..<ahead.index]))
            self = ahead
        }
        return lines
    }
}
