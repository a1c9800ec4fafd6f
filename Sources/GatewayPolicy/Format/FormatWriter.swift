/// Collects lines without blanks at their ends.
struct FormatWriter {
    private var lines: [String] = []
    private var line: String?

    mutating func begin(indented column: Int, _ text: String) {
        line = String(repeating: " ", count: column) + text
    }

    mutating func add(_ text: some StringProtocol) {
        line?.append(contentsOf: text)
    }

    /// One space before it, where something stands there.
    mutating func addComment(_ text: String) {
        if let line, !line.hasSuffix(" ") { add(" ") }
        add(text)
    }

    mutating func end() {
        guard var finished = line else { return }
        while finished.last == " " || finished.last == "\t" { finished.removeLast() }
        lines.append(finished)
        line = nil
    }

    /// A line of a scalar, in which every blank counts.
    mutating func addRaw(_ text: String) { lines.append(text) }

    mutating func addBlankLine() { lines.append("") }

    /// One blank line, not two, and none at the beginning.
    mutating func separate() {
        guard let last = lines.last, !last.isEmpty else { return }
        lines.append("")
    }

    func text() -> String {
        lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    }
}
