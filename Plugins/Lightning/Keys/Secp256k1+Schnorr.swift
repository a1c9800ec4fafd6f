internal import CSecp256k1
internal import GatewayKit

/// Signatures and shared secrets of keys that are only an x coordinate (BIP 340), as Nostr has them.
extension Secp256k1 {
    /// `nil` when the secret is zero or not below the order of the group.
    func xCoordinate(of secret: Bytes32) -> Bytes32? {
        guard let context else { return nil }
        var pair = secp256k1_keypair()
        var key = secp256k1_xonly_pubkey()
        var bytes = [UInt8](repeating: 0, count: 32)
        guard secp256k1_keypair_create(context, &pair, secret.array) == 1,
            secp256k1_keypair_xonly_pub(context, &key, nil, &pair) == 1,
            secp256k1_xonly_pubkey_serialize(context, &bytes, &key) == 1
        else { return nil }
        return Bytes32(bytes)
    }

    /// 64 bytes.
    ///
    /// - Parameter randomness: mixed into the nonce. The same makes the same signature.
    func signSchnorr(_ digest: Bytes32, with secret: Bytes32, randomness: Bytes32 = .random()) -> [UInt8]? {
        guard let context else { return nil }
        var pair = secp256k1_keypair()
        var signature = [UInt8](repeating: 0, count: 64)
        guard secp256k1_keypair_create(context, &pair, secret.array) == 1,
            secp256k1_schnorrsig_sign32(context, &signature, digest.array, &pair, randomness.array) == 1
        else { return nil }
        return signature
    }

    func verifiesSchnorr(_ signature: [UInt8], of digest: Bytes32, by signer: Bytes32) -> Bool {
        guard let context, signature.count == 64 else { return false }
        var key = secp256k1_xonly_pubkey()
        guard secp256k1_xonly_pubkey_parse(context, &key, signer.array) == 1 else { return false }
        return secp256k1_schnorrsig_verify(context, signature, digest.array, 32, &key) == 1
    }

    /// The x coordinate of the product, not hashed (NIP-44, "Encryption", step 1). Both that multiply get the same.
    ///
    /// - Returns: `nil` when the secret is no key or `other` no point of the curve.
    func sharedCoordinate(of secret: Bytes32, with other: Bytes32) -> Bytes32? {
        guard let context else { return nil }
        var point = secp256k1_pubkey()
        // Of the two points with this coordinate either will do: the products have the same x.
        let compressed: [UInt8] = [0x02] + other.array
        guard secp256k1_ec_pubkey_parse(context, &point, compressed, compressed.count) == 1 else { return nil }
        let onlyX: secp256k1_ecdh_hash_function = { output, x, _, _ in
            guard let output, let x else { return 0 }
            output.update(from: x, count: 32)
            return 1
        }
        var shared = [UInt8](repeating: 0, count: 32)
        guard secp256k1_ecdh(context, &shared, &point, secret.array, onlyX, nil) == 1 else { return nil }
        return Bytes32(shared)
    }
}
