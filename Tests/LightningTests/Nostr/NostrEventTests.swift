import GatewayKit
import Lightning
import Testing

struct NostrEventTests {
    /// Made with another implementation of BIP 340, by the key 3. It holds all that is escaped, and a character that JSON
    /// escapes and NIP-01 does not.
    private static let text = #"""
        {"id":"90734967e20baeaa4e511c6c141a5e1220accb885969da1669fd89316e2b76f6",
        "pubkey":"f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9","created_at":1700000000,"kind":23195,
        "tags":[["p","f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"],["t","x\r\b\f"]],
        "content":"a \"quoted\" \\ line\nand\ttab, a bell \u0007, 🍕",
        "sig":"c4594cca7729aae47db435d74329bd4b623c631f2a27465f3687f52f5bad307b90da191586afff9a6a50188b2c3002e7a417b4f1763b305bfb64a9bd1f630823"}
        """#

    private static let author = NostrKey.example(3).publicKey

    private static func json(_ text: String) throws -> JSONValue {
        try Array(text.utf8).withUnsafeBytes { try JSONReader.read($0) }
    }

    @Test func `an event of another implementation is read`() throws {
        let event = try NostrEvent(Self.json(Self.text), by: Self.author)
        #expect(event.kind == 23_195)
        #expect(event.createdAt == WallTime(seconds: 1_700_000_000))
        #expect(event.tag("t") == "x\r\u{8}\u{C}")
        #expect(event.content == "a \"quoted\" \\ line\nand\ttab, a bell \u{7}, 🍕")
    }

    @Test func `an event is read as it was signed`() throws {
        let event = try #require(
            NostrEvent(
                signing: "a \"word\"\n",
                kind: 23_194,
                tags: [["p", "x"], ["e"], []],
                at: WallTime(milliseconds: 1_700_000_000_999),
                with: .example(5)
            )
        )
        let read = try NostrEvent(Self.json(event.json.canonical), by: NostrKey.example(5).publicKey)
        #expect(read == event)
        #expect(read.tag("e") == nil)
    }

    @Test func `an event by somebody else is not looked at`() throws {
        let failure = #expect(throws: NostrFailure.self) {
            try NostrEvent(Self.json(Self.text), by: NostrKey.example(4).publicKey)
        }
        #expect(failure?.description == "an event is not by who was asked for")
    }

    @Test func `an event with the id of another content is refused`() throws {
        let changed = Self.text.replacing("bell", with: "ball")
        let failure = #expect(throws: NostrFailure.self) { try NostrEvent(Self.json(changed), by: Self.author) }
        #expect(failure?.description == "an event does not have the id that its content makes")
    }

    @Test func `an event with the signature of another is refused`() throws {
        let other = try #require(
            NostrEvent(signing: "", kind: 1, tags: [], at: WallTime(seconds: 1), with: .example(3))
        )
        let start = try #require(Self.text.firstRange(of: #""sig":""#))
        let changed = Self.text[..<start.upperBound] + Hex.encoded(other.signature) + "\"}"
        let failure = #expect(throws: NostrFailure.self) { try NostrEvent(Self.json(String(changed)), by: Self.author) }
        #expect(failure?.description == "an event is not signed by its author")
    }

    @Test(arguments: [
        (#""created_at":1700000000"#, #""created_at":-1"#), (#""created_at":1700000000"#, #""created_at":1.5"#),
        (#""created_at":1700000000"#, #""created_at":1e300"#), (#""kind":23195"#, #""kind":65536"#),
        (#""kind":23195"#, #""kind":"1""#), (#""tags":["#, #""tags":[1,"#), (#""tags":["#, #""tags":[[1],"#),
        (#""content":"#, #""contents":"#), (#""sig":"c4"#, #""sig":"c"#), (#""id":"90"#, #""id":""#),
    ])
    func `what lacks a part is no event`(_ part: String, instead: String) throws {
        let changed = Self.text.replacing(part, with: instead)
        #expect(changed != Self.text)
        #expect(throws: NostrFailure.self) { try NostrEvent(Self.json(changed), by: Self.author) }
    }

    @Test func `no prefix and no flipped byte of an event is one`() throws {
        let bytes = Array(Self.text.utf8)
        let original = try NostrEvent(Self.json(Self.text), by: Self.author)
        for index in bytes.indices {
            let prefix = Array(bytes[..<index])
            #expect(throws: (any Error).self) {
                try NostrEvent(prefix.withUnsafeBytes { try JSONReader.read($0) }, by: Self.author)
            }
            var changed = bytes
            changed[index] ^= 1
            // White space between its parts may be other white space, and a hexadecimal digit its capital.
            let read = try? NostrEvent(changed.withUnsafeBytes { try JSONReader.read($0) }, by: Self.author)
            #expect(read == nil || read == original, "byte \(index)")
        }
    }
}
