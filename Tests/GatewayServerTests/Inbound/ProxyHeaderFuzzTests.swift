import GatewayServer
import Testing

/// Nothing that comes over a connection may trap. What is read does not matter here, only that no more is taken than came.
struct ProxyHeaderFuzzTests {
    static let vectors = ProxyVector.lines + ProxyVector.blocks + ProxyVector.refused

    @Test(arguments: vectors)
    func `a prefix is read or refused`(_ vector: ProxyVector) {
        let most = vector.bytes.indices.map { ProxyVector.read(vector.bytes[..<$0]).taken - $0 }.max()
        #expect(most ?? 0 <= 0)
    }

    @Test(arguments: vectors)
    func `a header with a flipped byte is read or refused`(_ vector: ProxyVector) {
        var (bytes, most) = (Array(vector.bytes.prefix(300)), 0)
        for index in bytes.indices {
            let byte = bytes[index]
            for flipped in [byte ^ 0x01, byte ^ 0x10, byte ^ 0x20, byte ^ 0x80, 0x00, 0x0A, 0x0D, 0x20, 0xFF] {
                bytes[index] = flipped
                most = max(most, ProxyVector.read(bytes).taken)
            }
            bytes[index] = byte
        }
        #expect(most <= bytes.count)
    }

    @Test func `random bytes behind a beginning are read or refused`() {
        var random = SeededRandom(seed: 1)
        let beginnings = [Array("PROXY TCP4 ".utf8), Array("PROXY TCP6 ".utf8), ProxyVector.signature]
        let alphabet = Array("0123456789.:abcdef \r\n".utf8) + [0x00, 0x03, 0x04, 0x11, 0x20, 0x21, 0xFF]
        for _ in 0..<20_000 {
            let beginning = beginnings[Int.random(in: beginnings.indices, using: &random)]
            let bytes =
                beginning
                + (0..<Int.random(in: 0..<120, using: &random)).map { _ in
                    alphabet[Int.random(in: alphabet.indices, using: &random)]
                }
            let taken = ProxyVector.read(bytes).taken
            #expect(taken == 0 || taken >= 15 && taken <= bytes.count)
        }
    }
}
