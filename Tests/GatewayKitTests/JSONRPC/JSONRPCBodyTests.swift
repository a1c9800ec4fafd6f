import GatewayKit
import NIOCore
import Testing

struct JSONRPCBodyTests {
    private func call(_ text: String) throws -> JSONRPCCall {
        let body = try JSONRPCBody(ByteBuffer(string: text))
        guard case .call(let call)? = body.messages.first else { throw JSONRPCFault(.invalidRequest, "no call") }
        return call
    }

    @Test(arguments: [
        (#"1"#, "1"), ("12345678901234567890123", "12345678901234567890123"), (#""a\u0062""#, #""a\u0062""#),
        (" -1.50 ", "-1.50"),
    ])
    func `an id is given back as it was written`(id: String, expected: String) throws {
        #expect(try call(#"{"id":\#(id),"method":"m"}"#).id == expected)
    }

    @Test func `a call names what it asks for`() throws {
        let tool = try call(
            #"{"method":"tools\/call","id":1,"params":{"arguments":{"a":[1]},"name":"s\u0065arch","_meta":{}}}"#
        )
        #expect(tool.method == "tools/call")
        #expect(tool.name == "search")
        #expect(tool.params?.canonical == #"{"arguments":{"a":[1]},"name":"search"}"#)
        #expect(try call(#"{"method":"resources/read","id":1,"params":{"uri":"a:b","name":"c"}}"#).name == "a:b")
        #expect(try call(#"{"method":"other","id":1,"params":{"name":"c","Name":"d"}}"#).name == nil)
        #expect(try call(#"{"method":"other"}"#).id == nil)
    }

    /// What reaches the service.
    @Test(arguments: [
        (#"{"method":"m","_meta":{"org.paymentauth/credential":{"a":"}"}}}"#, #"{"method":"m"}"#),
        (#"{"_meta" : {"org.paymentauth/credential":1} , "method":"m"}"#, #"{ "method":"m"}"#),
        (
            #"{"method":"m","params":{"_meta":{"a":1, "org.paymentauth/credential":{}},"b":2}}"#,
            #"{"method":"m","params":{"_meta":{"a":1},"b":2}}"#
        ),
        (
            #"{"method":"m","params":{"_meta":{"org.paymentauth\/credential":7,"a":1},"b":2},"_meta":{"org.paymentauth/credential":[]}}"#,
            #"{"method":"m","params":{"_meta":{"a":1},"b":2}}"#
        ),
        (
            #"[{"method":"m","params":{"_meta":{"org.paymentauth/credential":7}}},{"method":"n","_meta":{"org.paymentauth/credential":7},"id":1}]"#,
            #"[{"method":"m","params":{}},{"method":"n","id":1}]"#
        ),
        (
            #"{"method":"m","params":{"arguments":{"_meta":{"org.paymentauth/credential":7}},"org.paymentauth/credential":1}}"#,
            nil
        ),
        (#"{"method":"m","other":{"_meta":{"org.paymentauth/credential":7}}}"#, nil),
    ])
    func `credentials are taken out, and nothing else`(text: String, expected: String?) throws {
        let bytes = ByteBuffer(string: text)
        let concealed = try JSONRPCBody(bytes).concealed(bytes).map { String(buffer: $0) }
        #expect(concealed == expected)
    }

    @Test func `no prefix and no flipped byte of a call traps, and what is read stays a call without its credentials`()
    {
        let text =
            #"{"jsonrpc":"2.0","id":"é","method":"tools/call","params":{"name":"a","_meta":{"x":1,"org.paymentauth/credential":{"challenge":{}}}},"_meta":{"org.paymentauth/credential":[1]}}"#
        for variant in Variants.of(text) {
            let bytes = ByteBuffer(bytes: variant)
            guard let body = try? JSONRPCBody(bytes), let concealed = body.concealed(bytes) else { continue }
            do {
                let again = try JSONRPCBody(concealed)
                #expect(again.concealed(concealed) == nil)
            } catch {
                Issue.record(
                    "\(String(decoding: variant, as: UTF8.self)) became \(String(buffer: concealed)): \(error)"
                )
            }
        }
    }

    @Test func `many members are read in one pass`() throws {
        let members = (0..<20_000).map { #""a\#($0)":{"_meta":{"org.paymentauth/credential":1}}"# }.joined(
            separator: ","
        )
        let bytes = ByteBuffer(string: #"{"method":"m","id":1,"params":{\#(members)}}"#)
        #expect(try JSONRPCBody(bytes).concealed(bytes) == nil)
    }

    @Test(arguments: [
        ("Search", "search"), (" a b\n", "a b"), ("ſK", "sk"), ("e\u{301}", "é"), ("ÉCOLE", "école"),
    ])
    func `another spelling is the same text`(text: String, folded: String) {
        #expect(CallText.folded(text) == folded)
    }

    @Test(arguments: [
        "file:///a/b", "FILE:///A/B", "file:///a/./b", "file:///a/x/../b", "file:/a//b/", "file:///%61/b#c",
        "file:///a%2Fb",
        "file:///a/%2562", "file:\\\\\\a\\b", "fi\tle:///a/b ", "file:///../../a/b",
    ])
    func `another spelling is the same URI`(text: String) {
        #expect(CallText.foldedURI(text) == "file:/a/b")
    }

    @Test func `no prefix and no flipped byte of a URI traps`() {
        for variant in Variants.of("data://a%2f%2e.\\é/../b#c") {
            _ = CallText.foldedURI(String(decoding: variant, as: UTF8.self))
        }
    }
}
