/// An entry in its place in a chain.
public struct LedgerRow: Hashable, Sendable {
    public let chain: String
    /// Counts from 1, without gaps.
    public let position: Int64
    /// `nil` where what is kept cannot be an entry: somebody has changed it.
    public let entry: LedgerEntry?
    /// SHA-256 of ``hashedBytes(of:at:in:after:)``.
    public let hash: Bytes32

    public init(chain: String, position: Int64, entry: LedgerEntry?, hash: Bytes32) {
        self.chain = chain
        self.position = position
        self.entry = entry
        self.hash = hash
    }

    /// What the hash of a row is made of: all that stands in it, and the hash of the row before. Every field has its length
    /// before it, so that no two rows have the same bytes.
    ///
    /// - Parameters:
    ///   - entry: what the row says.
    ///   - position: its place.
    ///   - chain: the name of its chain.
    ///   - earlier: the hash of the row before; zeros before the first.
    public static func hashedBytes(
        of entry: LedgerEntry,
        at position: Int64,
        in chain: String,
        after earlier: Bytes32
    ) -> [UInt8] {
        var bytes = [UInt8]()
        func append(_ field: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: field.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: field)
        }
        append("sluice ledger 1".utf8)
        append(earlier.array)
        append(chain.utf8)
        append("\(position)".utf8)
        append(entry.kind.rawValue.utf8)
        append("\(entry.time.milliseconds)".utf8)
        append("\(entry.amount.millisatoshis)".utf8)
        append(entry.payment.bytes.array)
        append(entry.service.utf8)
        append(entry.route.utf8)
        append((entry.quote?.description ?? "").utf8)
        append(entry.credential?.bytes.array ?? [])
        append(entry.detail.utf8)
        return bytes
    }
}

/// Where a chain begins and ends.
public struct LedgerChain: Hashable, Sendable {
    public static let quotes = "quotes"
    public static let money = "money"

    public let name: String
    /// The position of the last row that was forgotten, and its hash: 0 and zeros where none was.
    public let start: Int64
    public let startHash: Bytes32
    /// The position of the last row, and its hash: those of the start where there is none.
    public let end: Int64
    public let endHash: Bytes32

    public init(name: String, start: Int64, startHash: Bytes32, end: Int64, endHash: Bytes32) {
        self.name = name
        self.start = start
        self.startHash = startHash
        self.end = end
        self.endHash = endHash
    }
}
