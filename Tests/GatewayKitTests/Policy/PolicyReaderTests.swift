import GatewayKit
import GatewayTesting
import Testing

struct PolicyReaderTests {
    /// The messages of reading `settings` with `read`.
    private func messages(_ settings: Any?, word: String = "example", _ read: (inout PolicyReader) throws -> Void)
        -> [String]
    {
        let settings = ExampleSettings(settings)
        _ = settings.make(word: word) { try read(&$0) }
        return settings.messages
    }

    // MARK: Values

    @Test func `what is right is read`() throws {
        let settings = ExampleSettings([
            "text": "a", "texts": ["a", "b"], "one": "a", "amount": "10 sat", "duration": "5s", "rate": "20/s",
            "size": "16 KiB", "integer": "5", "flag": "true", "choice": "red", "secret": "hunter2",
        ])
        let made: Void? = settings.make { reader in
            #expect(reader.text("text") == "a")
            #expect(reader.texts("texts") == ["a", "b"])
            #expect(reader.texts("one") == ["a"])
            #expect(reader.amount("amount") == Amount(millisatoshis: 10_000))
            #expect(reader.duration("duration") == .seconds(5))
            #expect(reader.rate("rate") == Rate(20, per: .seconds(1)))
            #expect(reader.byteCount("size") == .kibibytes(16))
            #expect(reader.integer("integer", in: 1...5) == 5)
            #expect(reader.flag("flag", or: false) == true)
            #expect(reader.choice("choice", of: ["red", "green"]) == "red")
            #expect(reader.secret("secret")?.text == "hunter2")
        }
        #expect(made != nil)
        #expect(settings.messages == [])
    }

    @Test func `what is not there is what it is otherwise`() {
        let messages = messages(nil) { reader in
            #expect(reader.text("text", or: "b") == "b")
            #expect(reader.texts("texts") == [])
            #expect(reader.amount("amount", or: .zero) == .zero)
            #expect(reader.duration("duration", or: .seconds(7)) == .seconds(7))
            #expect(reader.rate("rate", or: Rate(1, per: .seconds(2))) == Rate(1, per: .seconds(2)))
            #expect(reader.byteCount("size", or: ByteCount(9)) == ByteCount(9))
            #expect(reader.integer("integer", in: 1...5, or: 3) == 3)
            #expect(reader.flag("flag", or: false) == false)
            #expect(reader.choice("choice", of: ["red"], or: "red") == "red")
            #expect(reader.node("node") == nil)
            #expect(!reader.contains("text"))
        }
        #expect(messages == [])
    }

    @Test func `what is missing is told with its form`() {
        let messages = messages(nil) { reader in
            _ = reader.text("text")
            _ = reader.amount("amount")
            _ = reader.duration("duration")
            _ = reader.rate("rate")
            _ = reader.byteCount("size")
            _ = reader.integer("integer", in: 1...5)
            _ = reader.choice("choice", of: ["red", "green"])
            _ = reader.secret("secret")
        }
        #expect(
            messages == [
                "'example' needs 'text': a text",
                "'example' needs 'amount': an amount such as 10 sat or 1500 msat",
                "'example' needs 'duration': a duration such as 200ms, 60s, 5m, 1h or 30d",
                "'example' needs 'rate': a rate such as 20/s, 100/m or 1000/h",
                "'example' needs 'size': a size such as 16 KiB or 1 MiB",
                "'example' needs 'integer': a whole number from 1 to 5",
                "'example' needs 'choice': one of red, green",
                "'example' needs 'secret': a secret such as !env NAME or !file path",
            ]
        )
    }

    @Test func `what is wrong is told with its form, all in one run`() {
        let settings =
            [
                "amount": "10", "duration": "5 seconds", "rate": "20/sec", "size": "16", "integer": "6", "flag": "yes",
                "choice": "rde", "text": ["a"], "secret": ["a": "b"],
            ] as [String: Any]
        let messages = messages(settings) { reader in
            #expect(reader.amount("amount", or: nil) == .zero)
            _ = reader.duration("duration")
            #expect(reader.rate("rate") == nil)
            _ = reader.byteCount("size")
            #expect(reader.integer("integer", in: 1...5, or: 2) == 1, "harmless, and never used")
            #expect(reader.flag("flag", or: true) == true)
            #expect(reader.choice("choice", of: ["red", "green"], or: "green") == "green")
            #expect(reader.text("text") == "")
            #expect(reader.secret("secret") == nil)
        }
        #expect(
            messages == [
                "'amount' should be an amount such as 10 sat or 1500 msat, not '10'",
                "'duration' should be a duration such as 200ms, 60s, 5m, 1h or 30d, not '5 seconds'",
                "'rate' should be a rate such as 20/s, 100/m or 1000/h, not '20/sec'",
                "'size' should be a size such as 16 KiB or 1 MiB, not '16'",
                "'integer' should be a whole number from 1 to 5, not '6'",
                "'flag' should be true or false, not 'yes'",
                "'choice' should be one of red, green, not 'rde' (did you mean 'red'?)",
                "'text' should be a text, not a list",
                "'secret' should be a text, !env NAME or !file path, not a map",
            ]
        )
    }

    @Test func `a wrong entry of a list is told and the others are read`() {
        let messages = messages(["texts": ["a", ["b"], "c"]] as [String: Any]) { reader in
            #expect(reader.texts("texts") == ["a", "c"])
        }
        #expect(messages == ["'texts' should be a text or a list of texts, not a list"])
    }

    @Test func `an integer that no machine can hold is told`() {
        let messages = messages(["integer": "99999999999999999999"]) { reader in
            _ = reader.integer("integer", in: 0...Int.max)
        }
        #expect(messages.count == 1)
    }

    // MARK: Keys

    @Test func `a key that nobody asked for is told with a guess and the keys there are`() {
        let messages = messages(["limt": "20/s", "nonsense": "1"]) { reader in
            _ = reader.rate("limit", or: Rate(1, per: .seconds(1)))
            _ = reader.integer("burst", in: 1...9, or: 1)
        }
        #expect(
            messages == [
                "unknown key 'limt' (did you mean 'limit'?); 'example' takes burst, limit",
                "unknown key 'nonsense'; 'example' takes burst, limit",
            ]
        )
    }

    @Test func `settings where there should be none are told`() {
        #expect(messages(["a": "b"]) { _ in } == ["unknown key 'a'; 'example' takes no settings"])
        #expect(messages("x") { _ in } == ["'example' should be a map of settings, not 'x'"])
        #expect(messages(["x", "y"]) { _ in } == ["'example' should be a map of settings, not a list"])
        #expect(messages(nil) { _ in } == [])
    }

    @Test func `settings that are short for one key are read whole`() {
        var kinds = [String?]()
        let short = messages("10 sat") { kinds.append($0.shorthand()?.kind) }
        let map = messages(["a": "b"]) { kinds.append($0.shorthand()?.kind) }
        let none = messages(nil) { kinds.append($0.shorthand()?.kind) }
        #expect([short.count, map.count, none.count] == [0, 1, 0])
        #expect(kinds == ["'10 sat'", nil, nil])
    }

    @Test func `free keys are all known`() {
        var keys = [String]()
        let messages = messages(["a": "1", "b": "2"]) { keys = $0.freeEntries().map(\.key) }
        #expect(messages == [])
        #expect(keys == ["a", "b"])
    }

    @Test func `a section is read like the settings`() {
        let messages = messages(["tls": ["keey": "k"]]) { reader in
            var tls = reader.section("tls")
            _ = tls?.text("key", or: "")
            tls?.finish()
        }
        #expect(messages.count == 1)
        #expect(messages.first?.hasPrefix("unknown key 'keey' (did you mean 'key'?);") == true)
    }

    @Test func `an error names its key`() {
        let messages = messages(["a": "1"]) { reader in
            _ = reader.text("a")
            throw reader.error(at: "a", "does not go with 'b'")
        }
        #expect(messages == ["'a' does not go with 'b'"])
    }

    @Test func `a mistake that is noted twice is told once`() {
        let messages = messages(["a": "x"]) { reader in
            _ = reader.flag("a", or: true)
            _ = reader.flag("a", or: true)
        }
        #expect(messages == ["'a' should be true or false, not 'x'"])
    }

    // MARK: References

    private struct References: PolicyReferences {
        func resolve(_ reference: PolicyNode.Reference) throws -> String {
            switch reference {
            case .environment("KEY"): return "hunter2"
            case .environment(let name): throw StartFailure("the environment has no \(name)")
            case .file(let path): throw StartFailure("cannot read \(path)")
            }
        }
    }

    private func reader(_ content: PolicyNode.Content, _ mistakes: PolicyMistakes) -> PolicyReader {
        let place = Place(file: "policy.yaml", line: 3, column: 5)
        let entry = PolicyNode.Entry(key: "key", keyPlace: place, value: PolicyNode(content, at: place))
        return PolicyReader(
            PolicyNode(.map([entry]), at: Place(file: "policy.yaml", line: 2, column: 1)),
            word: "example",
            mistakes: mistakes,
            references: References()
        )
    }

    @Test func `a reference is followed`() {
        let mistakes = PolicyMistakes()
        var settings = reader(.reference(.environment("KEY")), mistakes)
        #expect(settings.secret("key")?.text == "hunter2")
        #expect(settings.text("key") == "hunter2")
        #expect(mistakes.all == [])
    }

    @Test func `a reference that leads nowhere is told with its place`() {
        let mistakes = PolicyMistakes()
        var settings = reader(.reference(.file("key.txt")), mistakes)
        #expect(settings.secret("key") == nil)
        #expect(mistakes.all.map(\.description) == ["policy.yaml:3:5: error: cannot read key.txt"])
    }

    @Test func `a mistake stands where the value stands, and a missing key where the settings begin`() {
        let mistakes = PolicyMistakes()
        var settings = reader(.text("x"), mistakes)
        _ = settings.flag("key", or: true)
        _ = settings.text("other")
        #expect(mistakes.all.map(\.place.line) == [3, 2])
        #expect(settings.error(at: "key", "").place.line == 3)
        #expect(settings.error(at: "absent", "").place.line == 2)
    }
}
