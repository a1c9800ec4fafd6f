internal import CSecp256k1
internal import GatewayKit

/// ECDSA on secp256k1, by libsecp256k1. One context serves the process.
///
/// The library only reads a context after it is made, so every thread may use it at once (secp256k1.h,
/// "secp256k1_context"); that is what makes `@unchecked Sendable` true.
struct Secp256k1: @unchecked Sendable {
    static let shared = Secp256k1()

    /// `nil` when the library could not make one; then every operation fails.
    let context: OpaquePointer?

    private init() {
        context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE))
        guard let context else { return }
        // Blinds what signing does with the secret against side channels. Signatures stay the same.
        _ = secp256k1_context_randomize(context, Bytes32.random().array)
    }

    /// `nil` when the secret is zero or not below the order of the group.
    func publicKey(of secret: Bytes32) -> NodeID? {
        guard let context else { return nil }
        var key = secp256k1_pubkey()
        guard secp256k1_ec_pubkey_create(context, &key, secret.array) == 1 else { return nil }
        return serialized(key, context)
    }

    /// Deterministic (RFC 6979) and always low-S.
    func sign(_ digest: Bytes32, with secret: Bytes32) -> Bolt11Signature? {
        guard let context else { return nil }
        var signature = secp256k1_ecdsa_recoverable_signature()
        guard secp256k1_ecdsa_sign_recoverable(context, &signature, digest.array, secret.array, nil, nil) == 1 else {
            return nil
        }
        var compact = [UInt8](repeating: 0, count: 64)
        var flag: Int32 = 0
        secp256k1_ecdsa_recoverable_signature_serialize_compact(context, &compact, &flag, &signature)
        return Bolt11Signature(compact: compact, recoveryFlag: UInt8(truncatingIfNeeded: flag))
    }

    /// The key that made a signature, low-S or not; `nil` when no key did.
    func signer(of digest: Bytes32, _ signature: Bolt11Signature) -> NodeID? {
        guard let context else { return nil }
        var recoverable = secp256k1_ecdsa_recoverable_signature()
        var key = secp256k1_pubkey()
        let flag = Int32(signature.recoveryFlag)
        guard
            secp256k1_ecdsa_recoverable_signature_parse_compact(context, &recoverable, signature.compact, flag) == 1,
            secp256k1_ecdsa_recover(context, &key, &recoverable, digest.array) == 1
        else { return nil }
        return serialized(key, context)
    }

    /// True for a low-S signature by this key.
    func verifies(_ signature: Bolt11Signature, of digest: Bytes32, by signer: NodeID) -> Bool {
        guard let context else { return false }
        var parsed = secp256k1_ecdsa_signature()
        var key = secp256k1_pubkey()
        guard secp256k1_ecdsa_signature_parse_compact(context, &parsed, signature.compact) == 1,
            secp256k1_ec_pubkey_parse(context, &key, signer.bytes, signer.bytes.count) == 1
        else { return false }
        return secp256k1_ecdsa_verify(context, &parsed, digest.array, &key) == 1
    }

    private func serialized(_ key: secp256k1_pubkey, _ context: OpaquePointer) -> NodeID? {
        var key = key
        var bytes = [UInt8](repeating: 0, count: NodeID.byteCount)
        var count = bytes.count
        secp256k1_ec_pubkey_serialize(context, &bytes, &count, &key, UInt32(SECP256K1_EC_COMPRESSED))
        return NodeID(bytes)
    }
}
