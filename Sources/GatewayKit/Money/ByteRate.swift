/// So many bytes a second: `512 B/s`.
public struct ByteRate: Hashable, Sendable {
    public let perSecond: ByteCount

    public init(perSecond: ByteCount) {
        self.perSecond = perSecond
    }
}

extension ByteRate: CustomStringConvertible {
    public var description: String { "\(perSecond)/s" }

    /// Reads `1 KiB/s`; `nil` for anything else.
    public init?(parsing text: some StringProtocol) {
        guard text.hasSuffix("/s"), let perSecond = ByteCount(parsing: text.dropLast(2)) else { return nil }
        self.init(perSecond: perSecond)
    }
}
