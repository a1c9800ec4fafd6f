package import GatewayKit

/// A secret key that signs events and shares secrets with others. Never logged; its description hides it.
package struct NostrKey: Sendable {
    package let publicKey: NostrPublicKey
    private let secret: Bytes32

    /// `nil` when it is no key: zero, or not below the order of the group.
    package init?(_ secret: Bytes32) {
        guard let coordinate = Secp256k1.shared.xCoordinate(of: secret) else { return nil }
        publicKey = NostrPublicKey(coordinate)
        self.secret = secret
    }

    /// BIP 340; 64 bytes.
    package func signature(of digest: Bytes32, randomness: Bytes32 = .random()) -> [UInt8]? {
        Secp256k1.shared.signSchnorr(digest, with: secret, randomness: randomness)
    }

    /// `nil` when the other is no key.
    func sharedCoordinate(with other: NostrPublicKey) -> Bytes32? {
        Secp256k1.shared.sharedCoordinate(of: secret, with: other.bytes)
    }
}

extension NostrKey: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "(key of \(publicKey))" }
    package var debugDescription: String { description }
}
