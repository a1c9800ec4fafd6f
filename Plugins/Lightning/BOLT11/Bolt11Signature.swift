/// A signature from which the signer's key can be computed.
package struct Bolt11Signature: Hashable, Sendable {
    /// r and s, 32 bytes each, most significant first.
    package let compact: [UInt8]
    /// 0...3: libsecp256k1 stops the process when it is asked about any other.
    package let recoveryFlag: UInt8

    /// `nil` unless there are 64 bytes and the flag is in range.
    init?(compact: [UInt8], recoveryFlag: UInt8) {
        guard compact.count == 64, recoveryFlag <= 3 else { return nil }
        self.compact = compact
        self.recoveryFlag = recoveryFlag
    }
}
