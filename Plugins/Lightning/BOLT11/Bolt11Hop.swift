/// One channel of a private route to the payee (BOLT 11, field `r`).
package struct Bolt11Hop: Hashable, Sendable {
    static let byteCount = 51

    /// The node at the beginning of the channel.
    package let node: NodeID
    /// Block, transaction and output of the channel's funding, packed (BOLT 7).
    package let shortChannelID: UInt64
    /// Millisatoshi.
    package let baseFee: UInt32
    /// Millionths of the amount.
    package let proportionalFee: UInt32
    /// Blocks.
    package let expiryDelta: UInt16

    package init(
        node: NodeID,
        shortChannelID: UInt64,
        baseFee: UInt32,
        proportionalFee: UInt32,
        expiryDelta: UInt16
    ) {
        self.node = node
        self.shortChannelID = shortChannelID
        self.baseFee = baseFee
        self.proportionalFee = proportionalFee
        self.expiryDelta = expiryDelta
    }

    /// `nil` unless there are exactly 51 bytes.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.byteCount, let node = NodeID(bytes.prefix(NodeID.byteCount)) else { return nil }
        var rest = bytes.dropFirst(NodeID.byteCount)
        func next<Number: FixedWidthInteger & UnsignedInteger>(_ type: Number.Type) -> Number {
            let count = Number.bitWidth / 8
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count).reduce(0) { $0 << 8 | Number($1) }
        }
        self.node = node
        shortChannelID = next(UInt64.self)
        baseFee = next(UInt32.self)
        proportionalFee = next(UInt32.self)
        expiryDelta = next(UInt16.self)
    }

    var bytes: [UInt8] {
        func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
        return node.bytes + bytes(shortChannelID) + bytes(baseFee) + bytes(proportionalFee) + bytes(expiryDelta)
    }
}
