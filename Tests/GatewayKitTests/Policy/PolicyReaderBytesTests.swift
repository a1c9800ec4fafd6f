import GatewayKit
import Testing

/// Secrets that are bytes: in a file as they are, or as hexadecimal digits anywhere.
struct PolicyReaderBytesTests {
    private struct References: PolicyReferences {
        func resolve(_ reference: PolicyNode.Reference) throws -> String {
            switch reference {
            case .environment("HEX"): return "02FF"
            case .environment(let name): throw StartFailure("the environment has no \(name)")
            case .file(let path): throw StartFailure("the file '\(path)' is not text in UTF-8")
            }
        }

        func bytes(of reference: PolicyNode.Reference) throws -> [UInt8] {
            switch reference {
            case .file("binary"): [0x02, 0x01, 0xFF]
            case .file("digits"): Array("02 01FF\n".utf8)
            default: Array(try resolve(reference).utf8)
            }
        }
    }

    private func read(_ content: PolicyNode.Content) -> (secret: String?, messages: [String]) {
        let mistakes = PolicyMistakes()
        let place = Place(file: "policy.yaml", line: 3, column: 5)
        let entry = PolicyNode.Entry(key: "key", keyPlace: place, value: PolicyNode(content, at: place))
        var reader = PolicyReader(
            PolicyNode(.map([entry]), at: place),
            word: "example",
            mistakes: mistakes,
            references: References()
        )
        let secret = reader.secretBytes("key", kind: "a key")?.text
        return (secret, mistakes.all.map(\.message))
    }

    @Test(arguments: [
        (PolicyNode.Content.reference(.file("binary")), "0201ff"), (.reference(.file("digits")), "0201ff"),
        (.reference(.environment("HEX")), "02ff"), (.text("02fF"), "02ff"),
    ])
    func `bytes come from a file as they are, and from digits`(_ content: PolicyNode.Content, _ expected: String) {
        let (secret, messages) = read(content)
        #expect(secret == expected)
        #expect(messages == [])
    }

    @Test(arguments: ["", "0", "sesame"])
    func `what is written down has to be digits, and is not printed`(_ text: String) {
        let (secret, messages) = read(.text(text))
        #expect(secret == nil)
        #expect(messages == ["'key' should be a key, in hexadecimal digits or as !file path"])
    }

    @Test func `a reference that leads nowhere is told`() {
        let (secret, messages) = read(.reference(.environment("NONE")))
        #expect(secret == nil)
        #expect(messages == ["the environment has no NONE"])
    }
}
