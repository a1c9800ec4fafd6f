/// The pieces of a text between its commas, empty ones too, without copying them.
struct CommaSeparated: Sequence, IteratorProtocol {
    /// More pieces are not read: comparing two lists takes the product of their lengths, and a holder chooses both.
    static let most = 64

    private var rest: Substring.UTF8View?

    /// `nil` for more pieces than are read.
    init?(_ text: String) {
        let text = text[...].utf8
        var commas = 0
        for byte in text where byte == UInt8(ascii: ",") {
            commas += 1
        }
        guard commas < Self.most else { return nil }
        rest = text
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
