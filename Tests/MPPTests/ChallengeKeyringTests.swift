import Foundation
import GatewayKit
import MPP
import Testing

struct ChallengeKeyringTests {
    private let secret = Array("test-vector-secret-minimum-32-byte-secret".utf8)

    private func challenge(
        expires: String? = nil,
        digest: String? = nil,
        header: String? = nil,
        opaque: String? = nil
    ) -> PaymentChallenge {
        PaymentChallenge(
            realm: "api.example.com",
            method: "tempo",
            intent: "charge",
            request: Base64.url.encoded(#"{"amount":"1000000"}"#),
            digest: digest,
            expires: expires,
            header: header,
            opaque: opaque
        )
    }

    /// mpp-tools, "challenge id" vectors.
    @Test func `ids are those of other implementations`() throws {
        let keyring = try #require(ChallengeKeyring([1: secret]))
        #expect(keyring.id(of: challenge()) == "6QDs0BmhrI_v67iWeCMvGqQJEFQ6ErWKlk7zi5xL6t0")
        #expect(
            keyring.id(of: challenge(expires: "2025-01-06T12:00:00Z")) == "ZcHgfEi5_Qyda9NQwUzamsCgCcWXw6N6EH2NLyaSTlg"
        )
        #expect(
            keyring.id(of: challenge(header: "Payment-Authorization")) == "re8MIMJYpIJ0r_aiizscg6ghtipQM8IpOa_NtpwIU8E"
        )
        #expect(keyring.id(of: challenge(opaque: "trace-123")) == "1XJ-Ti0DACNe3E1zHvwH6OdnKlhUx6xKxDbhJyexng4")
    }

    @Test func `each slot counts, and a description does not`() throws {
        let keyring = try #require(ChallengeKeyring([1: secret]))
        var made = challenge(expires: "2025-01-06T12:00:00Z", digest: "sha-256=:eA==:", opaque: "e30")
        made.id = keyring.id(of: made)
        made.description = "x"
        #expect(keyring.made(made))
        let changes: [(inout PaymentChallenge) -> Void] = [
            { $0.id = "a" + $0.id.dropFirst() }, { $0.id.removeLast() }, { $0.id += "=" },
            { $0.realm = "API.example.com" },
            { $0.method = "lightning" }, { $0.intent = "session" }, { $0.request += "=" }, { $0.expires = nil },
            { $0.expires = "2026-01-06T12:00:00Z" }, { $0.digest = nil }, { $0.header = "Payment-Authorization" },
            { $0.header = "" }, { $0.opaque = nil }, { $0.opaque = "" },
        ]
        for (index, change) in changes.enumerated() {
            var changed = made
            change(&changed)
            #expect(!keyring.made(changed), "change \(index)")
        }
    }

    @Test func `what stands in one slot never passes for what stands in two`() throws {
        let keyring = try #require(ChallengeKeyring([1: secret]))
        var made = challenge(header: "Payment-Authorization", opaque: "e30")
        made.id = keyring.id(of: made)
        var shifted = made
        shifted.header = nil
        shifted.opaque = "Payment-Authorization|e30"
        #expect(ChallengeKeyring.input(of: shifted) == ChallengeKeyring.input(of: made))
        #expect(!keyring.made(shifted))
    }

    @Test func `the newest secret makes ids and older ones verify them`() throws {
        let first = String(repeating: "0a", count: 32)
        let second = String(repeating: "0b", count: 48)
        var old = challenge()
        old.id = try ChallengeKeyring(parsing: "3 \(first)").id(of: old)
        let both = try ChallengeKeyring(parsing: "# a comment\n\n3 \(first)\n7\t\(second)\n")
        #expect(both.made(old))
        #expect(both.id(of: old) == (try ChallengeKeyring(parsing: "7 \(second)").id(of: old)))
        #expect(!(try ChallengeKeyring(parsing: "7 \(second)").made(old)))
    }

    @Test(arguments: [
        "1", "0 \(String(repeating: "0a", count: 32))", "1 \(String(repeating: "0a", count: 31))",
        "1 \(String(repeating: "0a", count: 32))0", "1 xyz", "1 \(String(repeating: "0a", count: 32)) x",
    ])
    func `a line of another form is named`(text: String) {
        #expect(throws: MalformedKeyring("line 1 should be a generation and 64 or more hexadecimal digits")) {
            try ChallengeKeyring(parsing: text)
        }
    }

    @Test func `a keyring without a secret or with one generation twice is refused`() {
        let line = "1 \(String(repeating: "0a", count: 32))\n"
        #expect(throws: MalformedKeyring("it holds no key")) { try ChallengeKeyring(parsing: "\n# none\n") }
        #expect(throws: MalformedKeyring("line 2 repeats generation 1")) { try ChallengeKeyring(parsing: line + line) }
        #expect(ChallengeKeyring([1: Array(secret.prefix(31))]) == nil)
    }

    @Test func `the file is made once, for its owner alone, and read afterwards`() throws {
        let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = KeyringFile<ChallengeKeyring>(dataFolder: folder)
        let id = try file.load().id(of: challenge())
        #expect(try file.load().id(of: challenge()) == id)
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        try "1 short\n".write(toFile: file.path, atomically: false, encoding: .utf8)
        let failure = #expect(throws: StartFailure.self) { try file.load() }
        #expect(failure?.description.hasPrefix("the keyring \(file.path) is damaged: line 1 should be ") == true)
    }
}
