/// A number of bytes.
public struct ByteCount: Hashable, Comparable, Sendable {
    public let bytes: Int

    public init(_ bytes: Int) {
        self.bytes = bytes
    }

    public static func kibibytes(_ count: Int) -> ByteCount { ByteCount(count * 1024) }
    public static func mebibytes(_ count: Int) -> ByteCount { ByteCount(count * 1024 * 1024) }

    public static func < (left: ByteCount, right: ByteCount) -> Bool {
        left.bytes < right.bytes
    }
}

extension ByteCount: CustomStringConvertible {
    private static let units: [(name: String, size: UInt64)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000),
        ("B", 1),
    ]

    /// `16 KiB`: the largest binary unit that is exact.
    public var description: String {
        let unit = Self.units.prefix(3).first { bytes > 0 && UInt64(bytes) % $0.size == 0 } ?? ("B", 1)
        return "\(bytes / Int(unit.size)) \(unit.name)"
    }

    /// Reads `16 KiB`, `1 MiB`, `500 kB` or `100 B`; `nil` for anything else.
    public init?(parsing text: some StringProtocol) {
        guard let (count, unit) = Quantity.split(text),
            let size = Self.units.first(where: { $0.name == unit })?.size
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, let bytes = Int(exactly: product) else { return nil }
        self.init(bytes)
    }
}
