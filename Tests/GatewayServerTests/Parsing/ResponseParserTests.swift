import GatewayServer
import HTTPTypes
import Testing

struct ResponseParserTests {
    struct Malformed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String

        init(_ name: String, _ text: String) {
            testDescription = name
            self.text = text
        }
    }

    static let malformed: [Malformed] = [
        .init("not HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n"),
        .init("HTTP/2", "HTTP/2 200 OK\r\n\r\n"),
        .init("a lower-case version", "http/1.1 200 OK\r\n\r\n"),
        .init("no status", "HTTP/1.1\r\n\r\n"),
        .init("a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"),
        .init("a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"),
        .init("a status below 100", "HTTP/1.1 099 No\r\n\r\n"),
        .init("a status with letters", "HTTP/1.1 2OO OK\r\n\r\n"),
        .init("two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"),
        .init("a control character in the reason", "HTTP/1.1 200 O\u{0}K\r\n\r\n"),
        .init("a bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n"),
        .init("bare LFs", "HTTP/1.1 200 OK\n\n"),
        .init("a protocol switch that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
        .init("a folded field", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"),
        .init("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        .init("a length beside chunked", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        .init("a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: one\r\n\r\n"),
        .init("an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
        .init("a malformed chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ]

    static let wellFormed = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 404 Not Found\r\n\r\nuntil the end",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nX: y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 304 Not Modified\r\n\r\n",
    ]

    @Test(arguments: malformed)
    func `a malformed response is not taken`(_ vector: Malformed) {
        #expect(ReadResponses(vector.text).isFaulty)
    }

    @Test(arguments: malformed.map(\.text) + wellFormed)
    func `a response is the same wherever it is cut`(_ text: String) {
        let bytes = Array(text.utf8)
        let whole = ReadResponses([bytes])
        let different = bytes.splits.filter { ReadResponses($0) != whole }
        #expect(different.count == 0)
    }

    @Test func `a response with a length ends there`() {
        let read = ReadResponses("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        #expect(read.responses.map(\.framing) == [.length(5)])
        #expect(read.responses.map(\.isWhole) == [true])
        #expect(read.keepsAlive)
    }

    @Test func `a response that is shorter than its length is not whole`() {
        let read = ReadResponses("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello")
        #expect(read.responses.map(\.isWhole) == [false])
        #expect(!read.endsWithConnection)
    }

    @Test func `a response to HEAD declares a length and has no body`() {
        let read = ReadResponses("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", answering: .head)
        #expect(read.responses.map(\.framing) == [.none(declared: 5)])
        #expect(read.responses.map(\.isWhole) == [true])
    }

    @Test func `a chunked response to HEAD has no body`() {
        let read = ReadResponses("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", answering: .head)
        #expect(read.responses.map(\.isWhole) == [true])
        #expect(read.keepsAlive)
    }

    @Test func `a 304 declares a length and has no body`() {
        let read = ReadResponses("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")
        #expect(read.responses.map(\.framing) == [.none(declared: 5)])
        #expect(read.responses.map(\.isWhole) == [true])
    }

    @Test func `a 204 has neither a body nor a length`() {
        let read = ReadResponses("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
        #expect(read.responses.map(\.framing) == [.none(declared: nil)])
        #expect(read.responses.map(\.isWhole) == [true])
    }

    @Test func `interim responses come before the final one`() {
        let read = ReadResponses(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
        )
        #expect(read.informational == [100, 103])
        #expect(read.responses.map(\.status) == [204])
    }

    @Test func `a response without framing lasts until the connection ends`() {
        let read = ReadResponses("HTTP/1.1 200 OK\r\n\r\nhello")
        #expect(read.responses.map(\.framing) == [.unknownLength])
        #expect(read.responses.map(\.body) == [Array("hello".utf8)])
        #expect(read.endsWithConnection)
        #expect(!read.keepsAlive)
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", true),
        ]
    )
    func `a connection serves on unless the upstream said otherwise`(_ text: String, _ keepsAlive: Bool) {
        #expect(ReadResponses(text).keepsAlive == keepsAlive)
    }

    @Test func `a chunked response keeps its trailers`() {
        let read = ReadResponses(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nGrpc-Status: 0\r\n\r\n"
        )
        #expect(read.responses.map(\.body) == [Array("abc".utf8)])
        #expect(read.responses.map(\.trailers) == [["Grpc-Status: 0"]])
    }
}
