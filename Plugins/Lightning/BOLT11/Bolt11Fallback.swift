/// An on-chain address for when the Lightning payment fails (BOLT 11, field `f`).
package struct Bolt11Fallback: Hashable, Sendable {
    /// 17: P2PKH, 18: P2SH, 0...16: the version of a witness program.
    package let version: UInt8
    /// The hash or the witness program.
    package let program: [UInt8]

    /// `nil` for a version or a length that no address has.
    package init?(version: UInt8, program: [UInt8]) {
        let lengths: ClosedRange<Int>
        switch version {
        case 17, 18: lengths = 20...20
        // BIP 141, "Witness program".
        case 0...16: lengths = 2...40
        default: return nil
        }
        guard lengths.contains(program.count) else { return nil }
        self.version = version
        self.program = program
    }
}
