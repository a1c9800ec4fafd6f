package import GatewayKit

/// What an L402 macaroon is about: the payment that buys it, and its own name (L402 protocol spec, "Macaroon
/// identifier").
package struct L402Identifier: Hashable, Sendable {
    /// Version, payment hash and token id.
    package static let byteCount = 66
    package static let version: UInt16 = 0

    package let payment: PaymentHash
    /// In its first four bytes, big-endian, the generation of the master key and above it one bit, `isShared`; the rest
    /// nobody can guess.
    package let tokenID: Bytes32

    package init(payment: PaymentHash, tokenID: Bytes32) {
        self.payment = payment
        self.tokenID = tokenID
    }

    private static let sharedBit: UInt32 = 1 << 31
    package static let largestGeneration = sharedBit - 1

    /// A new token signed with a key of this generation.
    ///
    /// - Parameters:
    ///   - isShared: whether something else was offered for the same invoice.
    ///   - secret: what its id is made of, the same for all tokens that one payment buys.
    package init(payment: PaymentHash, generation: UInt32, isShared: Bool = false, secret: Bytes32 = .random()) {
        var tokenID = secret
        let first = generation | (isShared ? Self.sharedBit : 0)
        tokenID.withUnsafeMutableBytes { $0.storeBytes(of: first.bigEndian, as: UInt32.self) }
        self.init(payment: payment, tokenID: tokenID)
    }

    /// `nil` unless these are 66 bytes of version 0.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.byteCount,
            UInt16(bigEndian: bytes.loadUnaligned(as: UInt16.self)) == Self.version,
            let payment = Bytes32(UnsafeRawBufferPointer(rebasing: bytes[2..<34])),
            let tokenID = Bytes32(UnsafeRawBufferPointer(rebasing: bytes[34..<66]))
        else { return nil }
        self.init(payment: PaymentHash(payment), tokenID: tokenID)
    }

    package init?(_ bytes: [UInt8]) {
        guard let identifier = bytes.withUnsafeBytes({ L402Identifier($0) }) else { return nil }
        self = identifier
    }

    package var generation: UInt32 { first & ~Self.sharedBit }

    /// True when its invoice was offered for something else too: then the ledger says what the payment bought.
    package var isShared: Bool { first & Self.sharedBit != 0 }

    private var first: UInt32 {
        tokenID.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) }
    }

    package var bytes: [UInt8] {
        [UInt8(Self.version >> 8), UInt8(Self.version & 0xFF)] + payment.bytes.array + tokenID.array
    }
}
