import GatewayKit
import GatewayTesting
import NIOCore
import NIOEmbedded
import Testing

private final class NoOutlet: ResponseOutlet {
    let isWritable = true

    func send(_ bytes: ByteBuffer) {}
    func end(trailers: Fields) {}
    func cut() {}
}

struct AnswerInsertionTests {
    private static let result = ["result", "_meta"]

    /// What an answer becomes that comes in parts of this many bytes.
    private func passed(
        _ text: String,
        at path: [String] = Self.result,
        id: String? = "1",
        isEventStream: Bool = false,
        by count: Int = .max,
        answered: @escaping (Bool) -> Void = { _ in }
    ) -> String {
        let insertion = AnswerInsertion(
            JSONInsertion(of: "r", "{}", at: path, id: id),
            isEventStream: isEventStream,
            answered: { isError in
                answered(isError)
                return .now(())
            }
        )
        let outlet = NoOutlet()
        var rest = ByteBuffer(string: text)
        var result = ""
        while let part = rest.readSlice(length: min(count, rest.readableBytes)), part.readableBytes > 0 {
            result += insertion.passage(of: part, to: outlet).immediate.map { String(buffer: $0) } ?? ""
        }
        _ = insertion.trailers(after: Fields(), to: outlet)
        return result
    }

    @Test(arguments: [
        (#"{"id":1,"result":{}}"#, #"{"id":1,"result":{"_meta":{"r":{}}}}"#),
        (
            #"{"result":{"a":"}\"{","b":[{"_meta":{}}]},"id":1}"#,
            #"{"result":{"a":"}\"{","b":[{"_meta":{}}],"_meta":{"r":{}}},"id":1}"#
        ),
        (#"{"id": 1, "result": {"_meta": {} , "a": 1}}"#, #"{"id": 1, "result": {"_meta": {"r":{}} , "a": 1}}"#),
        (#"{"id":1,"result":{"_meta":{"x":{"y":1}}}}"#, #"{"id":1,"result":{"_meta":{"x":{"y":1},"r":{}}}}"#),
        (#"{"id":1.0,"result":{}}"#, #"{"id":1.0,"result":{"_meta":{"r":{}}}}"#),
    ])
    func `a member comes into the object that a path leads to`(text: String, expected: String) {
        for count in 1...text.utf8.count {
            #expect(passed(text, by: count) == expected, "by \(count)")
        }
    }

    @Test(arguments: [
        #"{"id":1,"error":{"code":1,"result":{}}}"#, #"{"id":2,"result":{}}"#, #"{"id":"1","result":{}}"#,
        #"{"id":1,"result":7}"#, #"{"id":1,"result":{"_meta":null}}"#, #"[{"id":1,"result":{}}]"#,
        #"{"method":"a","params":{"result":{}}}"#, "", "result", #""result""#, "}{", "]]]]",
    ])
    func `what is no such answer passes as it is`(text: String) {
        #expect(passed(text) == text)
        #expect(passed(text, by: 1) == text)
    }

    @Test func `texts of an id are compared as texts`() {
        #expect(passed(#"{"id":"\u00e9","result":{}}"#, id: "\"é\"").contains("_meta"))
        #expect(!passed(#"{"id":"e","result":{}}"#, id: "\"é\"").contains("_meta"))
    }

    @Test func `the root may be where it belongs, and objects on the way may be there or not`() {
        #expect(passed(#"{"id":1,"result":7}"#, at: ["_meta"]) == #"{"id":1,"result":7,"_meta":{"r":{}}}"#)
        #expect(passed(#"{"id":1,"result":7}"#, at: []) == #"{"id":1,"result":7,"r":{}}"#)
        let path = ["result", "a", "b"]
        #expect(
            passed(#"{"id":1,"result":{"a":{"c":1}}}"#, at: path) == #"{"id":1,"result":{"a":{"c":1,"b":{"r":{}}}}}"#
        )
        #expect(passed(#"{"id":1,"result":{"c":1}}"#, at: path) == #"{"id":1,"result":{"c":1,"a":{"b":{"r":{}}}}}"#)
    }

    @Test(arguments: ["\n", "\r", "\r\n"])
    func `of events only the one that holds the answer is changed`(end: String) {
        let lines = [
            ": result", "event: message", "data: {\"method\":\"a\"}", "", "data:{\"id\":1,", "data: \"result\":{}}",
            "id: 7", "",
            "data: {\"id\":1,\"result\":{}}", "", "datax: {\"id\":1,\"result\":{}}", "",
        ]
        let text = lines.joined(separator: end)
        let expected = text.replacing("data: \"result\":{}}", with: "data: \"result\":{\"_meta\":{\"r\":{}}}}")
        for count in 1...text.utf8.count {
            #expect(passed(text, isEventStream: true, by: count) == expected, "by \(count)")
        }
    }

    @Test(arguments: [
        (#"{"id":1,"error":{}}"#, true), (#"{"id":1,"error":"a"}"#, true),
        (#"{"id":1,"error":null,"result":{}}"#, false),
        (#"{"id":1,"result":{"error":{}}}"#, false),
    ])
    func `what kind of answer it is, is told once`(text: String, isError: Bool) {
        var told = [Bool]()
        _ = passed(text, by: 1) { told.append($0) }
        #expect(told == [isError])
    }

    @Test(arguments: [1, .max])
    func `an error to another call says nothing about this one`(count: Int) {
        for other in ["2", "null"] {
            let text = "data: {\"error\":{},\"id\":\(other)}\n\ndata: {\"id\":1,\"result\":{}}\n\n"
            var told = [Bool]()
            let answer = passed(text, isEventStream: true, by: count) { told.append($0) }
            #expect(told == [false])
            #expect(answer.hasSuffix("\"result\":{\"_meta\":{\"r\":{}}}}\n\n"))
        }
    }

    @Test func `an error without an id is the answer where there is one answer`() {
        var told = [Bool]()
        _ = passed(#"{"error":{},"id":null}"#, by: 1) { told.append($0) }
        #expect(told == [true])
    }

    @Test func `an answer waits for what its kind brings about`() throws {
        let loop = EmbeddedEventLoop()
        let promise = loop.makePromise(of: Void.self)
        let insertion = AnswerInsertion(
            JSONInsertion(of: "r", "{}", at: Self.result, id: "1"),
            isEventStream: false,
            answered: { _ in .later(promise.futureResult) }
        )
        let outlet = NoOutlet()
        let first = insertion.passage(of: ByteBuffer(string: #"{"id":1,"result":{"a""#), to: outlet)
        #expect(first.immediate.map { String(buffer: $0) } == #"{"id":1,"result":{"a""#)
        let second = insertion.passage(of: ByteBuffer(string: ":1}}"), to: outlet)
        #expect(second.immediate == nil)
        promise.succeed(())
        #expect(try second.future(on: loop).wait() == ByteBuffer(string: #":1,"_meta":{"r":{}}}}"#))
    }

    @Test func `no prefix and no flipped byte of an answer traps, and nothing is lost of it`() {
        let text = #"{"id":1,"result":{"a":"\u00e9\"","_meta":{"b":[1,{}]}},"c":"é"}"#
        for variant in Variants.of(text) {
            let insertion = AnswerInsertion(
                JSONInsertion(of: "r", "{}", at: Self.result, id: "1"),
                isEventStream: false
            )
            let bytes = Array(insertion.passed(ByteBuffer(bytes: variant)).readableBytesView)
            let added = Array(#","r":{}"#.utf8).count
            #expect(bytes.count == variant.count || bytes.count >= variant.count + added - 1)
        }
    }
}
