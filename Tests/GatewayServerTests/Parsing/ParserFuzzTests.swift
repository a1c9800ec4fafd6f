import GatewayKit
import GatewayServer
import Testing

/// Nothing that comes over a connection may trap. What is read does not matter here, only that something is.
struct ParserFuzzTests {
    static let requests = RequestVector.refused + RequestVector.accepted
    static let responses = ResponseParserTests.malformed.map(\.text) + ResponseParserTests.wellFormed

    /// Bytes that mean something to a parser, and some that are near `byte`.
    private static func flips(of byte: UInt8) -> [UInt8] {
        [byte ^ 0x01, byte ^ 0x20, byte ^ 0x80, 0x00, 0x0A, 0x0D, 0x20, 0x3A]
    }

    @Test(arguments: requests)
    func `a prefix of a request is read or refused`(_ vector: RequestVector) {
        let most = vector.bytes.samples.map { ReadRequests([Array(vector.bytes[..<$0])]).requests.count }.max()
        #expect(most ?? 0 <= 2)
    }

    @Test(arguments: requests)
    func `a request with a flipped byte is read or refused`(_ vector: RequestVector) {
        var (bytes, most) = (Array(vector.bytes.prefix(600)), 0)
        for index in bytes.indices {
            let byte = bytes[index]
            for flipped in Self.flips(of: byte) {
                bytes[index] = flipped
                most = max(most, ReadRequests([bytes]).requests.count)
            }
            bytes[index] = byte
        }
        #expect(most <= 2)
    }

    @Test(arguments: responses)
    func `a prefix of a response is read or refused`(_ text: String) {
        let bytes = Array(text.utf8)
        let most = bytes.samples.map { ReadResponses([Array(bytes[..<$0])]).responses.count }.max()
        #expect(most ?? 0 <= 2)
    }

    @Test(arguments: responses)
    func `a response with a flipped byte is read or refused`(_ text: String) {
        var (bytes, most) = (Array(text.utf8), 0)
        for index in bytes.indices {
            let byte = bytes[index]
            for flipped in Self.flips(of: byte) {
                bytes[index] = flipped
                most = max(most, ReadResponses([bytes]).responses.count)
            }
            bytes[index] = byte
        }
        #expect(most <= 2)
    }

    @Test func `random bytes are read or refused`() {
        var random = SeededRandom(seed: 1)
        // Bytes that mean something to a parser, so that the random text gets somewhere.
        let alphabet = Array("GET /HTP1.0Hosta:\r\n \t;,0123456789abcdefchunkedContent-Length\u{0}\u{7F}".utf8) + [0xFF]
        for _ in 0..<3_000 {
            let bytes = (0..<Int.random(in: 0..<200, using: &random)).map { _ in
                alphabet[Int.random(in: alphabet.indices, using: &random)]
            }
            _ = ReadRequests([bytes])
            _ = ReadRequests([Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8) + bytes])
            _ = ReadResponses([bytes])
        }
    }
}
