import GatewayKit
import Lightning
import Testing

struct NIP04Tests {
    /// Made with another implementation of AES (OpenSSL), for the keys 1 and 2.
    private static let payload = "id/b8fIyQNnYhkr6pli1xA==?iv=AAECAwQFBgcICQoLDA0ODw=="

    private static func conversation() throws -> NostrConversation {
        try #require(NostrConversation(of: .example(1), with: NostrKey.example(2).publicKey))
    }

    @Test func `what another implementation encrypted is read`() throws {
        #expect(try Self.conversation().decrypted(Self.payload, by: .nip04) == "zapped ⚡")
    }

    @Test(arguments: [0, 1, 15, 16, 17, 1_000])
    func `what one side writes the other reads`(_ count: Int) throws {
        let other = try #require(NostrConversation(of: .example(2), with: NostrKey.example(1).publicKey))
        let text = String(repeating: "x", count: count)
        #expect(try other.decrypted(Self.conversation().encrypted(text, by: .nip04), by: .nip04) == text)
    }

    @Test(arguments: [
        "", "?iv=", "aaaa?iv=aaaa", "aaaa", "?iv=AAECAwQFBgcICQoLDA0ODw==", "id/b8fIyQNnYhkr6pli1xA==?iv=AA==",
    ])
    func `what is no encrypted text is refused`(_ payload: String) throws {
        let conversation = try Self.conversation()
        #expect(throws: NostrFailure.self) { try conversation.decrypted(payload, by: .nip04) }
    }

    @Test func `no prefix and no flipped byte of a payload traps`() throws {
        let conversation = try Self.conversation()
        let bytes = Array(Self.payload.utf8)
        for count in bytes.indices {
            _ = try? conversation.decrypted(String(decoding: bytes[..<count], as: UTF8.self), by: .nip04)
            var changed = bytes
            changed[count] ^= 1
            _ = try? conversation.decrypted(String(decoding: changed, as: UTF8.self), by: .nip04)
        }
    }
}
