/// The elements of a comma-separated value, without the spaces around them. Costs no allocation.
struct CommaList: Sequence, IteratorProtocol {
    /// Longer lists are not read: comparing two takes the product of their lengths, and a holder chooses both.
    static let most = 64

    private var rest: Substring.UTF8View?

    init(_ text: String) {
        rest = text[...].utf8
    }

    mutating func next() -> Substring.UTF8View? {
        guard let bytes = rest else { return nil }
        guard let comma = bytes.firstIndex(of: UInt8(ascii: ",")) else {
            rest = nil
            return Self.trimmed(bytes)
        }
        rest = bytes[bytes.index(after: comma)...]
        return Self.trimmed(bytes[..<comma])
    }

    private static func trimmed(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
        var bytes = bytes
        while bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
        while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
        return bytes
    }
}
