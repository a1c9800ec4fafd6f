extension RequestHead {
    /// True for a client that would rather read a page than a problem: one that names `text/html` and no JSON that it
    /// wants as much (RFC 9110 §12.5.1). Those that take anything name none.
    public var prefersHTML: Bool {
        guard !isGRPC else { return false }
        var html = 0
        var json = 0
        for index in fields.lines.indices where fields.lines[index].known == .accept {
            for range in fields.value(at: index).split(separator: ",") {
                let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
                guard let type = parts.first else { continue }
                let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Self.thousandths($0.dropFirst(2)) }
                switch type {
                case "text/html", "application/xhtml+xml": html = max(html, quality ?? 1_000)
                case "application/json", "application/problem+json": json = max(json, quality ?? 1_000)
                default: break
                }
            }
        }
        return html > json
    }

    /// `0.9` is 900; what cannot be read counts for nothing.
    private static func thousandths(_ text: Substring) -> Int {
        guard let value = Double(text), (0...1).contains(value) else { return 0 }
        return Int(value * 1_000)
    }
}
