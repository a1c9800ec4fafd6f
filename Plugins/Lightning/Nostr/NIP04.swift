internal import Crypto
internal import CryptoExtras
package import GatewayKit

/// Encrypted payloads of old (NIP-04): AES-256-CBC with the shared coordinate as the key, and base64.
///
/// Nothing in it tells a changed text: only what came in an event whose signature is right is decrypted, so that nobody but
/// the other can have a text tried.
package struct NIP04: Sendable {
    private let key: SymmetricKey

    private static let vectorCount = 16
    private static let separator = "?iv="

    /// - Parameter shared: the x coordinate that both have.
    package init(shared: Bytes32) {
        key = SymmetricKey(data: shared.array)
    }

    /// - Parameter vector: 16 bytes, random, for this text only.
    package func encrypted(_ text: String, vector: [UInt8]? = nil) throws(NostrFailure) -> String {
        let vector = vector ?? Array(Bytes32.random().array.prefix(Self.vectorCount))
        do {
            let start = try AES._CBC.IV(ivBytes: vector)
            let concealed = Array(try AES._CBC.encrypt(Array(text.utf8), using: key, iv: start))
            return Base64.standard.encoded(concealed) + Self.separator + Base64.standard.encoded(vector)
        } catch {
            throw NostrFailure("a text cannot be encrypted")
        }
    }

    package func decrypted(_ payload: String) throws(NostrFailure) -> String {
        let failure = NostrFailure("an encrypted text cannot be read")
        guard payload.utf8.count <= 2 * NIP44.longestText else { throw failure }
        // Base64 holds no question mark.
        let parts = payload.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].hasPrefix("iv="), let concealed = Base64.standard.decoded(parts[0]),
            let vector = Base64.standard.decoded(parts[1].dropFirst(3)), vector.count == Self.vectorCount,
            !concealed.isEmpty, concealed.count % 16 == 0
        else { throw failure }
        do {
            let start = try AES._CBC.IV(ivBytes: vector)
            let content = Array(try AES._CBC.decrypt(concealed, using: key, iv: start))
            guard let text = String(validating: content, as: UTF8.self) else { throw failure }
            return text
        } catch {
            throw failure
        }
    }
}
