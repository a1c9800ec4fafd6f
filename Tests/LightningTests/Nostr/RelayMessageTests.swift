import GatewayKit
import Lightning
import Testing

struct RelayMessageTests {
    private static let id = String(repeating: "ab", count: 32)

    private static let messages = [
        #"["EVENT","words",{"id":"1"}]"#, #"["OK","\#(id)",true,""]"#, #"["EOSE","words"]"#,
        #"["CLOSED","words","auth-required: who are you"]"#, #"["NOTICE","slow down"]"#, #"["AUTH","a challenge"]"#,
    ]

    @Test func `an event comes with its subscription`() throws {
        guard case .event(let subscription, let json) = try RelayMessage(parsing: Self.messages[0]) else {
            Issue.record("should be an event")
            return
        }
        #expect(subscription == "words")
        #expect(json["id"]?.text == "1")
    }

    @Test(arguments: [(true, #""""#, ""), (false, #""blocked: no""#, "blocked: no")])
    func `a receipt says what became of an event`(_ isAccepted: Bool, text: String, reason: String) throws {
        let message = try RelayMessage(parsing: #"["OK","\#(Self.id)",\#(isAccepted),\#(text)]"#)
        guard case .accepted(let id, let value, let words) = message else {
            Issue.record("should be a receipt")
            return
        }
        #expect(id.hex == Self.id)
        #expect(value == isAccepted)
        #expect(words == reason)
    }

    @Test func `the end of what is stored names its subscription`() throws {
        guard case .endOfStored(subscription: "words") = try RelayMessage(parsing: Self.messages[2]) else {
            Issue.record("should be the end of a subscription's stored events")
            return
        }
    }

    @Test func `an ended subscription has its reason`() throws {
        guard case .closed(let subscription, let reason) = try RelayMessage(parsing: Self.messages[3]) else {
            Issue.record("should be the end of a subscription")
            return
        }
        #expect(subscription == "words")
        #expect(reason == "auth-required: who are you")
    }

    @Test func `a challenge is one`() throws {
        guard case .challenge("a challenge") = try RelayMessage(parsing: Self.messages[5]) else {
            Issue.record("should be a challenge")
            return
        }
    }

    @Test func `what came later to the protocol is no mistake`() throws {
        guard case .unknown = try RelayMessage(parsing: #"["COUNT","words",{"count":2}]"#) else {
            Issue.record("should be unknown")
            return
        }
    }

    @Test(arguments: [
        "", "{}", "[]", "[1]", #"["EVENT"]"#, #"["EVENT","words"]"#, #"["EVENT",{"id":"1"}]"#, #"["EVENT","words",1]"#,
        #"["OK","ab",true,""]"#, #"["OK"]"#, #"["EOSE"]"#, #"["EOSE",1]"#, #"["CLOSED"]"#, #"["NOTICE",null]"#,
        #"["AUTH",{}]"#,
    ])
    func `what lacks a part is refused`(_ text: String) {
        #expect(throws: NostrFailure.self) { try RelayMessage(parsing: text) }
    }

    @Test(arguments: messages)
    func `no prefix and no flipped byte traps`(_ message: String) {
        let bytes = Array(message.utf8)
        for index in bytes.indices {
            let prefix = Array(bytes[..<index])
            #expect(throws: NostrFailure.self) { try prefix.withUnsafeBytes { try RelayMessage(parsing: $0) } }
            var changed = bytes
            changed[index] ^= 1
            _ = changed.withUnsafeBytes { try? RelayMessage(parsing: $0) }
        }
    }

    @Test func `a subscription names who writes, to whom, and since when`() {
        let filter = RelayFilter(
            author: NostrKey.example(1).publicKey,
            kinds: [23_195, 23_197],
            addressee: NostrKey.example(2).publicKey,
            since: WallTime(seconds: 1_700_000_000),
            limit: 1
        )
        let request = RelayRequest.subscribe("words", filter)
        let first = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        let second = "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
        let expected = ##"""
            ["REQ","words",{"#p":["\##(second)"],"authors":["\##(first)"],"kinds":[23195,23197],"limit":1,\##
            "since":1700000000}]
            """##
        #expect(request.text == expected)
    }
}
