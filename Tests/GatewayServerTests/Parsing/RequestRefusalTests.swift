import GatewayKit
import GatewayServer
import HTTPTypes
import Testing

struct RequestRefusalTests {
    @Test(arguments: RequestVector.smuggling)
    func `a request that can be framed in two ways is refused`(_ vector: RequestVector) {
        let read = ReadRequests([vector.bytes])
        #expect(read.status == vector.status)
        #expect(read.requests.isEmpty)
    }

    @Test(arguments: RequestVector.malformedHeads)
    func `a malformed head is refused`(_ vector: RequestVector) {
        let read = ReadRequests([vector.bytes])
        #expect(read.status == vector.status)
        #expect(read.requests.isEmpty)
    }

    @Test(arguments: RequestVector.malformedStartLines)
    func `a malformed request line is refused`(_ vector: RequestVector) {
        let read = ReadRequests([vector.bytes])
        #expect(read.status == vector.status)
        #expect(read.requests.isEmpty)
    }

    @Test(arguments: RequestVector.malformedChunks)
    func `a malformed chunk is refused after the head was read`(_ vector: RequestVector) {
        let read = ReadRequests([vector.bytes])
        #expect(read.status == vector.status)
        #expect(read.requests.map(\.isWhole) == [false])
    }

    /// A value may be looked through by the word: each place of two words and more, beside bytes that a carry could change.
    @Test(arguments: [0x61, 0x20, 0x09, 0x7E, 0x80, 0xFF] as [UInt8])
    func `a control character in a value is refused at every place, and nothing else is`(_ neighbour: UInt8) {
        let (start, end) = (Array("GET / HTTP/1.1\r\nHost: a\r\nX: -".utf8), Array("-\r\n\r\n".utf8))
        var wrong = [String]()
        for byte in Array(0x00...0x21) + [0x5F, 0x7E, 0x7F, 0x80, 0x81, 0x9F, 0xA0, 0xFE, 0xFF] as [UInt8] {
            let isControl = byte < 0x20 && byte != 0x09 || byte == 0x7F
            for place in 0..<19 {
                var value = [UInt8](repeating: neighbour, count: 19)
                value[place] = byte
                let status = ReadRequests([start + value + end]).status
                if status != (isControl ? 400 : 0) { wrong.append("\(byte) at \(place): \(status)") }
            }
        }
        #expect(wrong == [])
    }

    @Test(arguments: RequestVector.refused)
    func `a refused request is refused alike wherever it is cut`(_ vector: RequestVector) {
        let whole = ReadRequests([vector.bytes])
        let different = vector.bytes.splits.filter { ReadRequests($0) != whole }
        #expect(different.count == 0)
    }
}

struct RequestLimitTests {
    private let limits = MessageLimits(head: ByteCount(200), fields: 4, target: ByteCount(50))

    /// A request line of `length` bytes, and a Host.
    private func request(startLine length: Int) -> String {
        "GET /\(String(repeating: "p", count: length - 14)) HTTP/1.1\r\nHost: a\r\n\r\n"
    }

    /// A head of `length` bytes.
    private func request(head length: Int) -> String {
        "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "v", count: length - 32))\r\n\r\n"
    }

    @Test func `a request line may be as long as the limit and no longer`() {
        #expect(ReadRequests(request(startLine: 50), limits: limits).status == 0)
        #expect(ReadRequests(request(startLine: 51), limits: limits).status == 414)
    }

    @Test func `a head may be as long as the limit and no longer`() {
        #expect(ReadRequests(request(head: 200), limits: limits).status == 0)
        #expect(ReadRequests(request(head: 201), limits: limits).status == 431)
    }

    @Test func `a head may have as many fields as the limit and no more`() {
        let field = "X: y\r\n"
        func request(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: field, count: count - 1))\r\n"
        }
        #expect(ReadRequests(request(4), limits: limits).status == 0)
        #expect(ReadRequests(request(5), limits: limits).status == 431)
    }

    @Test func `limits are the same wherever a head is cut`() {
        for request in [50, 51].map(request(startLine:)) + [200, 201].map(request(head:)) {
            let bytes = Array(request.utf8)
            let status = ReadRequests([bytes], limits: limits).status
            let different = bytes.splits.filter { ReadRequests($0, limits: limits).status != status }
            #expect(different.count == 0)
        }
    }

    @Test func `a request line that never ends is refused while it comes`() {
        let endless = String(repeating: "a", count: 60)
        #expect(ReadRequests(endless, limits: limits).status == 414)
    }

    @Test func `a head that never ends is refused while it comes`() {
        let endless = "GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 300))"
        #expect(ReadRequests(endless, limits: limits).status == 431)
    }
}
