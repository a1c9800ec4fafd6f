/// Conceals what two keys say to each other: the schemes that Nostr Wallet Connect knows.
package enum NostrCipher: String, Sendable {
    /// NIP-44, version 2.
    case nip44 = "nip44_v2"
    /// NIP-04: does not hide lengths and has no authentication of its own. For wallets that know nothing else.
    case nip04
}
