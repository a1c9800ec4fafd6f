/// Reads a policy by its lines and writes it anew. Knows the block structure of YAML by its columns, and leaves what stands
/// inside of scalars as it is.
struct FormatScanner {
    enum Kind { case map, list }

    /// A map or a list that is not written in braces or brackets.
    struct Block {
        let kind: Kind
        /// Where its entries begin, before and after.
        let old: Int
        let new: Int
    }

    private struct Comment {
        let text: String
        let column: Int
        let followsBlank: Bool
    }

    var cursor: FormatCursor
    var writer = FormatWriter()
    private var blocks: [Block] = []
    private var comments: [Comment] = []
    private var followsBlank = false
    /// The last key of the file's own map, how many entries of a list stood below it, and whether the last of them was a map
    /// in braces.
    private var section = (key: "", entries: 0, isInBraces: false)

    init(_ text: String) {
        cursor = FormatCursor(text)
    }

    mutating func formatted() throws(FormatRefusal) -> String {
        while !cursor.isAtEnd {
            cursor.skipBlanks()
            if cursor.isAtLineEnd {
                followsBlank = true
            } else if cursor.next == "#" {
                comments.append(Comment(text: cursor.restOfLine(), column: cursor.column, followsBlank: followsBlank))
                followsBlank = false
                cursor.skipLine()
            } else {
                try content()
            }
            cursor.skipLineEnd()
        }
        followsBlank = false
        write(beforeOld: 0, new: 0, separated: false)
        return writer.text()
    }

    // MARK: Lines

    private mutating func content() throws(FormatRefusal) {
        if cursor.column == 0, cursor.isMarker {
            write(beforeOld: 0, new: 0, separated: false)
            blocks = []
            writer.begin(indented: 0, cursor.restOfLine())
            writer.end()
            cursor.skipLine()
            return
        }
        var line = ""
        var start: (old: Int, new: Int)?
        let earlier = blocks
        var isSeparated = false
        while cursor.isEntry {
            let block = enter(.list, at: cursor.column)
            let isRoute = blocks.count == 2 && blocks[0].kind == .map && section.key == "routes"
            start = start ?? (cursor.column, block.new)
            cursor.skip(1)
            cursor.skipBlanks()
            if isRoute {
                // Short routes may stand together.
                let isInBraces = cursor.next == "{"
                isSeparated = section.entries > 0 && !(isInBraces && section.isInBraces)
                section.entries += 1
                section.isInBraces = isInBraces
            }
            line += cursor.isAtLineEnd || cursor.next == "#" ? "-" : "- "
        }
        if let key = cursor.key() {
            let block = enter(.map, at: cursor.column)
            if blocks.count == 1 { section = (key.text, 0, false) }
            start = start ?? (cursor.column, block.new)
            line += "\(key.text):"
            cursor.move(to: key.end)
            cursor.skipBlanks()
            if !cursor.isAtLineEnd, cursor.next != "#" { line += " " }
        } else if start == nil {
            if cursor.next == "?" {
                throw cursor.refusal("a key behind '?' cannot be formatted: write it before a ':'")
            }
            while let last = blocks.last, last.old >= cursor.column { blocks.removeLast() }
            start = (cursor.column, blocks.last.map { $0.new + 2 } ?? 0)
        }
        let (old, new) = start ?? (0, 0)
        // Comments are placed among the blocks that were open before this line.
        let entered = blocks
        blocks = earlier
        write(beforeOld: old, new: new, separated: isSeparated)
        blocks = entered
        writer.begin(indented: new, line)
        try value()
        writer.end()
    }

    private mutating func enter(_ kind: Kind, at column: Int) -> Block {
        while let last = blocks.last, last.old > column || last.old == column && (last.kind, kind) == (.list, .map) {
            blocks.removeLast()
        }
        if let last = blocks.last, last.old == column, last.kind == kind { return last }
        let block = Block(kind: kind, old: column, new: blocks.last.map { $0.new + 2 } ?? 0)
        blocks.append(block)
        return block
    }

    /// Writes the comments that stand before a line.
    ///
    /// - Parameters:
    ///   - old: where the line begins.
    ///   - new: where it is going to begin.
    ///   - separated: a blank line stands before it, and before its comments.
    private mutating func write(beforeOld old: Int, new: Int, separated: Bool) {
        var isSeparated = !separated
        for comment in comments {
            let block = blocks.last { $0.old <= comment.column }
            let column = block.map { comment.column >= old && $0.old > old ? $0.new : new } ?? new
            if comment.followsBlank || !isSeparated && column == new {
                writer.separate()
            }
            isSeparated = isSeparated || column == new
            writer.begin(indented: column, comment.text)
            writer.end()
        }
        comments = []
        if followsBlank || !isSeparated {
            writer.separate()
        }
        followsBlank = false
    }

    // MARK: Values

    /// What stands behind a key or a dash, with the lines that it goes on for.
    private mutating func value() throws(FormatRefusal) {
        while let property = cursor.property() {
            writer.add(property)
            cursor.skipBlanks()
            if !cursor.isAtLineEnd, cursor.next != "#" { writer.add(" ") }
        }
        let column = (blocks.last?.new ?? -2) + 2
        switch cursor.next {
        case nil, "\n": return
        case "#": break
        case "|", ">":
            try blockScalar(indented: column)
            return
        case "\"", "'": quoted(indented: column)
        case "[", "{":
            // A whole file in braces is indented as what stands behind a key is: its last brace comes before that.
            var flow = FormatFlow(indented: max(2, column))
            try flow.format(&cursor, into: &writer)
        default: plain(indented: column)
        }
        try comment()
    }

    private mutating func comment() throws(FormatRefusal) {
        cursor.skipBlanks()
        if cursor.next == "#" {
            writer.addComment(cursor.restOfLine())
            cursor.skipLine()
        }
        guard cursor.isAtLineEnd else { throw cursor.refusal("what stands behind this value cannot be formatted") }
    }

    mutating func quoted(indented column: Int) {
        for (index, line) in cursor.quoted().enumerated() {
            if index > 0 {
                writer.end()
                writer.begin(indented: column, "")
            }
            writer.add(line)
        }
    }

    private mutating func plain(indented column: Int) {
        writer.add(cursor.plain())
        cursor.skipBlanks()
        // A scalar goes on in lines that are indented more than the entry that it belongs to.
        let parent = blocks.last?.old ?? -1
        while let next = cursor.continuation(deeperThan: parent) {
            writer.end()
            for _ in 0..<next.blanks { writer.addBlankLine() }
            cursor.move(to: next.start)
            writer.begin(indented: column, cursor.plain())
            cursor.skipBlanks()
        }
    }

    private mutating func blockScalar(indented column: Int) throws(FormatRefusal) {
        let header = cursor.word()
        writer.add(header)
        try comment()
        writer.end()
        let parent = blocks.last?.old ?? -1
        let digit = header.compactMap(\.wholeNumberValue).first
        let lines = cursor.blockLines(deeperThan: parent)
        func isBlank(_ line: String) -> Bool { line.allSatisfy { $0 == " " } }
        let first = lines.first { !isBlank($0) }
        let old = digit.map { max(0, parent) + $0 } ?? first?.prefix { $0 == " " }.count ?? 0
        let new = digit.map { max(0, column - 2) + $0 } ?? column
        // Blank lines behind the text are a part of it where `+` keeps them.
        let end = header.contains("+") ? lines.count : (lines.lastIndex { !isBlank($0) } ?? -1) + 1
        followsBlank = end < lines.count
        for line in lines[..<end] {
            let isEmpty = line.count <= old && isBlank(line)
            writer.addRaw(isEmpty ? "" : String(repeating: " ", count: new) + line.dropFirst(old))
        }
    }
}
