import Foundation
import GatewayKit
import MPP
import Testing

struct JSONTests {
    private func canonical(_ text: String) throws -> String {
        try JSONReader.value(of: Array(text.utf8)).canonical
    }

    @Test(
        .enabled(if: SharedVectors.areExpected),
        arguments: ["arrays", "french", "structures", "unicode", "values", "weird"]
    )
    func `a document of RFC 8785 has its canonical bytes`(name: String) throws {
        let value = try JSONReader.value(of: try SharedVectors.bytes("jcs-rfc8785/input/\(name).json"))
        #expect(try Array(value.canonical.utf8) == SharedVectors.bytes("jcs-rfc8785/output/\(name).json"))
    }

    @Test(.enabled(if: SharedVectors.areExpected)) func `ten thousand numbers are written as ECMAScript does`() throws {
        let lines = String(decoding: try SharedVectors.bytes("jcs-rfc8785/es6testfile10k.txt"), as: UTF8.self)
            .split(separator: "\n")
        #expect(lines.count == 10_000)
        for line in lines {
            let parts = line.split(separator: ",")
            let pattern = try #require(UInt64(parts[0], radix: 16))
            let text = JSONValue.number(Double(bitPattern: pattern)).canonical
            guard text == parts[1] else {
                Issue.record("\(parts[0]) is \(text), not \(parts[1])")
                return
            }
        }
    }

    @Test(arguments: [
        ("1e21", "1e+21"), ("123456789012345680000", "123456789012345680000"), ("0.000001", "0.000001"),
        ("1e-7", "1e-7"), ("-0", "0"), ("100", "100"), ("12.50", "12.5"), ("-1.5E2", "-150"), ("5e-324", "5e-324"),
        ("9007199254740992", "9007199254740992"),
    ])
    func `a number has one form`(text: String, form: String) throws {
        #expect(try canonical(text) == form)
    }

    @Test func `names are sorted by UTF-16 code units, and nothing is escaped that need not be`() throws {
        #expect(
            try canonical(#"{"\uFFFF":1,"\ud83d\ude02":2,"a":3,"B":4,"/<>&":"\/\u001f\u007f"}"#)
                == #"{"/<>&":"/\u001f"# + "\u{7F}" + #"","B":4,"a":3,"😂":2,""# + "\u{FFFF}" + #"":1}"#
        )
    }

    @Test func `composed and decomposed letters are two names`() throws {
        #expect(try canonical("{\"e\u{301}\":1,\"\u{E9}\":2}").utf8.count == "{\"e\u{301}\":1,\"\u{E9}\":2}".utf8.count)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{a:1}", "'a'", "01", "1.",
        ".5", "+1", "1e", "1e400", "nul", "truefalse", "1 2", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
        "\"\\x\"", "\"\\u12g4\"", "\"a\nb\"", "\"a", "NaN", "Infinity", "[1 2]", "{\"a\" 1}", "\u{FEFF}1",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: MalformedPayment.self) { try canonical(text) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: MalformedPayment("a JSON string is not UTF-8")) {
            try JSONReader.value(of: [0x22, 0xC3, 0x28, 0x22])
        }
    }

    @Test func `nesting has a bound`() throws {
        let deep = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
        #expect(throws: Never.self) { try canonical(deep(32)) }
        #expect(throws: MalformedPayment("the JSON text is nested too deeply")) { try canonical(deep(33)) }
        #expect(throws: MalformedPayment.self) { try canonical(String(repeating: "[", count: 60_000)) }
    }

    @Test func `no prefix and no flipped byte of a document traps, and what is read is read again from its own form`()
        throws
    {
        let text = #"{"a":[1,-2.5e3,"\u00e9\n\ud83d\ude02",null,true],"b":{"c":""}}"#
        for variant in Variants.of(Array(text.utf8)) {
            guard let value = try? JSONReader.value(of: variant) else { continue }
            #expect(try JSONReader.value(of: Array(value.canonical.utf8)).canonical == value.canonical)
        }
    }
}
