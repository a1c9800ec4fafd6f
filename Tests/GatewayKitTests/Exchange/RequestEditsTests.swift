import GatewayKit
import GatewayTesting
import Testing

struct RequestEditsTests {
    private let request = RequestHead.example(fields: [("Accept", "a"), ("X", "b"), ("accept", "c")])

    @Test func `a removed name is removed in all its lines`() {
        var edits = RequestEdits()
        edits.remove(.accept, of: request)
        #expect((0..<4).map { edits.isRemoved(line: $0) } == [false, true, false, true])
    }

    @Test func `a field that is set replaces the request's and earlier ones`() {
        var edits = RequestEdits()
        edits.set(.accept, "first", of: request)
        edits.set(.allow, "GET", of: request)
        edits.set(.accept, "second", of: request)
        #expect(edits.isRemoved(line: 1) && edits.isRemoved(line: 3))
        #expect(edits.added.map(\.name) == [.allow, .accept])
        #expect(edits.added.map(\.value) == ["GET", "second"])
    }

    @Test func `a body that is not compressed is asked for in place of what the client takes`() {
        let request = RequestHead.example(fields: [("Accept-Encoding", "gzip, br")])
        var edits = RequestEdits()
        edits.acceptOnlyIdentity(of: request)
        #expect(edits.isRemoved(line: 1))
        #expect(edits.added.map(\.name.text) == ["accept-encoding"])
        #expect(edits.added.map(\.value) == ["identity"])
    }

    @Test func `a field that was added can be removed again`() {
        var edits = RequestEdits()
        edits.set(.authorization, "secret", of: request)
        edits.remove(.authorization, of: request)
        #expect(edits.added.isEmpty)
    }

    @Test func `the last line that a head can have is removed like any other`() {
        var edits = RequestEdits()
        edits.removeLine(127)
        #expect(edits.isRemoved(line: 127))
        #expect(!edits.isRemoved(line: 126))
    }

    @Test func `lines that no head has are ignored`() {
        var edits = RequestEdits()
        for index in [-1, 128, Int.max, Int.min] {
            edits.removeLine(index)
            #expect(!edits.isRemoved(line: index))
        }
        #expect((0..<128).allSatisfy { !edits.isRemoved(line: $0) })
    }
}
