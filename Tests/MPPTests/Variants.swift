/// What a parser of network input is given besides the right thing.
enum Variants {
    /// Each prefix, and the whole with each byte changed in several ways.
    static func of(_ bytes: [UInt8]) -> [[UInt8]] {
        var variants = bytes.indices.map { Array(bytes[..<$0]) }
        for index in bytes.indices {
            for mask: UInt8 in [0x01, 0x20, 0x80, 0xFF] {
                var changed = bytes
                changed[index] ^= mask
                variants.append(changed)
            }
        }
        return variants
    }
}
