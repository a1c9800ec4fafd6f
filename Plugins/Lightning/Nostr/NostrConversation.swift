/// What two keys say to each other: only they can read or write it. Whoever has the one key and the other's public key makes
/// the same.
package struct NostrConversation: Sendable {
    private let modern: NIP44
    private let old: NIP04

    /// `nil` when the other is no key.
    package init?(of own: NostrKey, with other: NostrPublicKey) {
        guard let shared = own.sharedCoordinate(with: other) else { return nil }
        modern = NIP44(shared: shared)
        old = NIP04(shared: shared)
    }

    package func encrypted(_ text: String, by cipher: NostrCipher) throws(NostrFailure) -> String {
        switch cipher {
        case .nip44: try modern.encrypted(text)
        case .nip04: try old.encrypted(text)
        }
    }

    /// - Throws: where it was not encrypted in this conversation, or changed since.
    package func decrypted(_ payload: String, by cipher: NostrCipher) throws(NostrFailure) -> String {
        switch cipher {
        case .nip44: try modern.decrypted(payload)
        case .nip04: try old.decrypted(payload)
        }
    }
}
