/// The Castagnoli checksum (RFC 9260 appendix A; the polynomial 0x1EDC6F41, reflected), computed as bytes arrive.
package struct CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { remainder, _ in
            remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1
        }
    }

    private var remainder: UInt32 = .max

    package init() {}

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        let table = Self.table
        for byte in bytes {
            remainder = remainder >> 8 ^ table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)]
        }
    }

    package var value: UInt32 { ~remainder }
}
