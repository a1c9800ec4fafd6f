/// The pieces of a text between its commas, empty ones too, without copying them.
struct CommaSeparated: Sequence, IteratorProtocol {
    private var rest: Substring.UTF8View?

    init(_ text: String) {
        rest = text[...].utf8
    }

    mutating func next() -> Substring.UTF8View? {
        guard let remaining = rest else { return nil }
        guard let comma = remaining.firstIndex(of: UInt8(ascii: ",")) else {
            rest = nil
            return remaining
        }
        rest = remaining[remaining.index(after: comma)...]
        return remaining[..<comma]
    }
}
