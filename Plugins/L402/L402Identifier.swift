package import GatewayKit

/// What an L402 macaroon is about: the payment that buys it, and its own name (L402 protocol spec, "Macaroon
/// identifier").
package struct L402Identifier: Hashable, Sendable {
    /// Version, payment hash and token id.
    package static let byteCount = 66
    package static let version: UInt16 = 0

    package let payment: PaymentHash
    /// The generation of the master key in its first four bytes, big-endian; the rest is random.
    package let tokenID: Bytes32

    package init(payment: PaymentHash, tokenID: Bytes32) {
        self.payment = payment
        self.tokenID = tokenID
    }

    /// A new token signed with a key of this generation.
    package init(payment: PaymentHash, generation: UInt32) {
        var tokenID = Bytes32.random()
        tokenID.withUnsafeMutableBytes { $0.storeBytes(of: generation.bigEndian, as: UInt32.self) }
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

    package var generation: UInt32 {
        tokenID.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) }
    }

    package var bytes: [UInt8] {
        [UInt8(Self.version >> 8), UInt8(Self.version & 0xFF)] + payment.bytes.array + tokenID.array
    }
}
