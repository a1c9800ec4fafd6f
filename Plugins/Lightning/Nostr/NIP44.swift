internal import Crypto
internal import CryptoExtras
package import GatewayKit

/// Encrypted payloads, version 2 (NIP-44): HKDF, padding, ChaCha20, HMAC-SHA256, base64.
package struct NIP44: Sendable {
    private let key: SymmetricKey

    private static let version: UInt8 = 2
    private static let nonceCount = 32
    private static let codeCount = 32
    /// Version, nonce, the shortest padded text, and the code.
    private static let shortestPayload = 1 + nonceCount + 34 + codeCount
    /// A limit of this gateway, far above what wallets say.
    package static let longestText = 1_048_576

    /// - Parameter shared: the x coordinate that both have.
    package init(shared: Bytes32) {
        let code = HKDF<SHA256>.extract(
            inputKeyMaterial: SymmetricKey(data: shared.array),
            salt: Array("nip44-v2".utf8)
        )
        key = SymmetricKey(data: code)
    }

    /// - Parameter conversationKey: what HKDF made of the shared coordinate, as the published vectors have it.
    package init(conversationKey: Bytes32) {
        key = SymmetricKey(data: conversationKey.array)
    }

    package var conversationKey: [UInt8] {
        key.withUnsafeBytes { Array($0) }
    }

    // MARK: Encrypting

    /// - Parameter nonce: random, for this text only.
    package func encrypted(_ text: String, nonce: Bytes32 = .random()) throws(NostrFailure) -> String {
        let keys = messageKeys(nonce.array)
        let concealed = try keys.crypted(try Self.padded(Array(text.utf8)))
        return Base64.standard.encoded(
            [Self.version] + nonce.array + concealed + keys.code(of: nonce.array + concealed)
        )
    }

    package func decrypted(_ payload: String) throws(NostrFailure) -> String {
        guard let first = payload.utf8.first, first != UInt8(ascii: "#") else {
            throw NostrFailure("the encryption of a text is of an unknown version")
        }
        guard payload.utf8.count <= 2 * Self.longestText else { throw NostrFailure("an encrypted text is too long") }
        guard let bytes = Base64.standard.decoded(payload), bytes.count >= Self.shortestPayload else {
            throw NostrFailure("an encrypted text is not base64, or too short")
        }
        guard bytes[0] == Self.version else {
            throw NostrFailure("the encryption of a text is of an unknown version")
        }
        let nonce = Array(bytes[1...Self.nonceCount])
        let concealed = Array(bytes[(1 + Self.nonceCount)..<(bytes.count - Self.codeCount)])
        let keys = messageKeys(nonce)
        guard keys.isCode(Array(bytes.suffix(Self.codeCount)), of: nonce + concealed) else {
            throw NostrFailure("an encrypted text is not by who sent it, or was changed")
        }
        let content = try Self.unpadded(try keys.crypted(concealed))
        guard let text = String(validating: content, as: UTF8.self) else {
            throw NostrFailure("an encrypted text is not UTF-8")
        }
        return text
    }

    // MARK: Keys of a message

    private struct MessageKeys {
        let cipherKey: SymmetricKey
        let cipherNonce: [UInt8]
        let codeKey: SymmetricKey

        /// The same both ways.
        func crypted(_ bytes: [UInt8]) throws(NostrFailure) -> [UInt8] {
            do {
                let nonce = try Insecure.ChaCha20CTR.Nonce(data: cipherNonce)
                return Array(try Insecure.ChaCha20CTR.encrypt(bytes, using: cipherKey, nonce: nonce))
            } catch {
                throw NostrFailure("ChaCha20 cannot be used")
            }
        }

        func code(of bytes: [UInt8]) -> [UInt8] {
            Array(HMAC<SHA256>.authenticationCode(for: bytes, using: codeKey))
        }

        /// In constant time.
        func isCode(_ code: [UInt8], of bytes: [UInt8]) -> Bool {
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: bytes, using: codeKey)
        }
    }

    private func messageKeys(_ nonce: [UInt8]) -> MessageKeys {
        let expanded = HKDF<SHA256>.expand(pseudoRandomKey: key, info: nonce, outputByteCount: 76)
        let bytes = expanded.withUnsafeBytes { Array($0) }
        return MessageKeys(
            cipherKey: SymmetricKey(data: Array(bytes[..<32])),
            cipherNonce: Array(bytes[32..<44]),
            codeKey: SymmetricKey(data: Array(bytes[44..<76]))
        )
    }

    // MARK: Padding

    /// Bytes that a text of `count` takes, without the prefix that says how long it is.
    package static func paddedCount(_ count: Int) -> Int {
        guard count > 32 else { return 32 }
        let nextPower = 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
        let chunk = nextPower <= 256 ? 32 : nextPower / 8
        return chunk * ((count - 1) / chunk + 1)
    }

    /// From this length on two bytes do not hold it, and a longer prefix is written.
    private static let longPrefix = 65_536

    private static func padded(_ text: [UInt8]) throws(NostrFailure) -> [UInt8] {
        guard (1...longestText).contains(text.count) else {
            throw NostrFailure("a text to encrypt should have 1 to \(longestText) bytes")
        }
        let length = UInt32(text.count)
        var bytes: [UInt8] = [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
        if text.count >= longPrefix {
            bytes = [0, 0, UInt8(truncatingIfNeeded: length >> 24), UInt8(truncatingIfNeeded: length >> 16)] + bytes
        }
        bytes += text
        bytes += repeatElement(0, count: paddedCount(text.count) - text.count)
        return bytes
    }

    private static func unpadded(_ bytes: [UInt8]) throws(NostrFailure) -> [UInt8] {
        let failure = NostrFailure("the padding of an encrypted text is wrong")
        guard bytes.count >= 6 else { throw failure }
        var count = Int(bytes[0]) << 8 | Int(bytes[1])
        var prefix = 2
        if count == 0 {
            count = bytes[2..<6].reduce(0) { $0 << 8 | Int($1) }
            prefix = 6
            guard count >= longPrefix else { throw failure }
        }
        guard count <= longestText, bytes.count == prefix + paddedCount(count) else { throw failure }
        return Array(bytes[prefix..<prefix + count])
    }
}
