import GatewayKit
import GatewayServer
import NIOCore
import Testing

struct RequestAcceptanceTests {
    @Test(arguments: RequestVector.accepted)
    func `a well formed request is read to its end`(_ vector: RequestVector) {
        let read = ReadRequests([vector.bytes])
        #expect(read.status == 0)
        #expect(!read.requests.isEmpty)
    }

    @Test(arguments: RequestVector.accepted)
    func `a request is the same wherever it is cut`(_ vector: RequestVector) {
        let whole = ReadRequests([vector.bytes])
        let different = vector.bytes.splits.filter { ReadRequests($0) != whole }
        #expect(different.count == 0)
    }

    @Test func `a request line is taken apart`() {
        let read = ReadRequests("PUT /a/./b//c/%7e?x=%2f HTTP/1.1\r\nHost: Example.COM:81\r\n\r\n")
        #expect(read.requests.map(\.line) == ["PUT example.com:81 /a/b/c/~?x=%2f http1_1"])
    }

    @Test func `the absolute form names the host`() {
        let read = ReadRequests("GET http://A:80?q HTTP/1.1\r\nHost: a:80\r\n\r\n")
        #expect(read.requests.map(\.line) == ["GET a:80 /?q http1_1"])
    }

    @Test func `an asterisk stays an asterisk`() {
        let read = ReadRequests("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(read.requests.map(\.line) == ["OPTIONS a * http1_1"])
    }

    @Test func `a later minor version is HTTP 1 point 1`() {
        #expect(ReadRequests("GET / HTTP/1.7\r\nHost: a\r\n\r\n").requests.map(\.line) == ["GET a / http1_1"])
    }

    @Test func `values lose the white space around them and nothing else`() {
        let read = ReadRequests("GET / HTTP/1.1\r\nHost: a\r\nX: \t b\t c \t\r\nY:\r\n\r\n")
        #expect(read.requests.map(\.fields) == [["Host: a", "X: b\t c", "Y: "]])
    }

    @Test func `a body with a length ends where the next request begins`() {
        let read = ReadRequests(
            "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        #expect(read.requests.map(\.line) == ["POST a /1 http1_1", "GET a /2 http1_1"])
        #expect(read.requests.map(\.body) == [Array("hello".utf8), []])
        #expect(read.requests.map(\.framing) == [.length(5), .none])
    }

    @Test func `chunks are joined, extensions dropped and trailers kept`() {
        let read = ReadRequests(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;e=f\r\nhello\r\n00a\r\n, chunked!\r\n"
                + "0\r\nX: y\r\nZ: \r\n\r\n"
        )
        #expect(read.requests.map { String(decoding: $0.body, as: UTF8.self) } == ["hello, chunked!"])
        #expect(read.requests.map(\.trailers) == [["X: y", "Z: "]])
        #expect(read.requests.map(\.framing) == [.unknownLength])
    }

    @Test func `a body does not keep what was read of it`() {
        var parser = RequestParser(scheme: "http", limits: MessageLimits())
        parser.feed(ByteBuffer(string: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n"))
        guard case .request = parser.nextHead() else {
            Issue.record("the head was not read")
            return
        }
        // Each piece ends in the middle of a chunk's line, so that something is always left over.
        let piece = String(repeating: "x", count: 1_000) + "\r\n3e8\r"
        var read = 0
        for _ in 0..<2_000 {
            while case .part(let part) = parser.nextBody() {
                read += part.readableBytes
            }
            parser.feed(ByteBuffer(string: read == 0 ? piece : "\n" + piece))
        }
        #expect(read > 1_900_000)
        #expect(parser.buffer.storageCapacity < 64 * 1024)
    }
}
