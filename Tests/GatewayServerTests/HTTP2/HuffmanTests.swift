import GatewayServer
import NIOCore
import Testing

struct HuffmanTests {
    private func encoded(_ bytes: [UInt8]) -> [UInt8] {
        var buffer = ByteBuffer()
        bytes.withUnsafeBytes { Huffman.encode($0, into: &buffer) }
        return Array(buffer.readableBytesView)
    }

    private func decoded(_ bytes: [UInt8]) -> [UInt8]? {
        var buffer = ByteBuffer()
        let length = bytes.withUnsafeBytes { Huffman.decode($0, into: &buffer, atMost: .max) }
        return length == nil ? nil : Array(buffer.readableBytesView)
    }

    /// Bits as `0` and `1`, to whole bytes.
    private func bytes(bits: String) -> [UInt8] {
        stride(from: 0, to: bits.count, by: 8).compactMap { UInt8(bits.dropFirst($0).prefix(8), radix: 2) }
    }

    private func bits(of symbol: Int) -> String {
        let digits = String(HuffmanCode.all[symbol].bits, radix: 2)
        return String(repeating: "0", count: HuffmanCode.all[symbol].length - digits.count) + digits
    }

    @Test func `the code is complete and no code begins another`() {
        #expect(HuffmanCode.all.count == 257)
        #expect(HuffmanCode.all.reduce(0) { $0 + 1 << (30 - $1.length) } == 1 << 30)
        let sorted = HuffmanCode.all.indices.map(bits(of:)).sorted()
        #expect(!zip(sorted, sorted.dropFirst()).contains { $1.hasPrefix($0) })
    }

    /// The first and the last code of each length in RFC 7541 Appendix B.
    @Test(arguments: [
        (48, 0x0, 5), (116, 0x9, 5), (32, 0x14, 6), (117, 0x2D, 6), (58, 0x5C, 7), (122, 0x7B, 7), (38, 0xF8, 8),
        (90, 0xFD, 8), (33, 0x3F8, 10), (63, 0x3FC, 10), (39, 0x7FA, 11), (124, 0x7FC, 11), (35, 0xFFA, 12),
        (62, 0xFFB, 12), (0, 0x1FF8, 13), (126, 0x1FFD, 13), (94, 0x3FFC, 14), (125, 0x3FFD, 14), (60, 0x7FFC, 15),
        (123, 0x7FFE, 15), (92, 0x7FFF0, 19), (208, 0x7FFF2, 19), (128, 0xFFFE6, 20), (226, 0xFFFED, 20),
        (153, 0x1FFFDC, 21), (230, 0x1FFFE8, 21), (129, 0x3FFFD2, 22), (233, 0x3FFFEB, 22), (1, 0x7FFFD8, 23),
        (239, 0x7FFFF4, 23), (9, 0xFFFFEA, 24), (237, 0xFFFFF5, 24), (199, 0x1FFFFEC, 25), (235, 0x1FFFFEF, 25),
        (192, 0x3FFFFE0, 26), (255, 0x3FFFFEE, 26), (203, 0x7FFFFDE, 27), (254, 0x7FFFFF0, 27), (2, 0xFFFFFE2, 28),
        (249, 0xFFFFFFE, 28), (10, 0x3FFFFFFC, 30), (22, 0x3FFFFFFE, 30), (256, 0x3FFFFFFF, 30),
    ])
    func `codes are those of the specification`(_ symbol: Int, _ bits: UInt32, _ length: Int) {
        #expect(HuffmanCode.all[symbol].bits == bits)
        #expect(HuffmanCode.all[symbol].length == length)
    }

    @Test func `each byte comes back, alone and among all others`() {
        let all = (0...255).map { UInt8($0) }
        #expect(decoded(encoded(all)) == all)
        #expect(decoded(encoded(all.reversed())) == all.reversed())
        #expect(all.filter { decoded(encoded([$0])) != [$0] } == [])
        #expect(all.filter { decoded(encoded([0x30, $0, 0x0A, $0])) != [0x30, $0, 0x0A, $0] } == [])
    }

    @Test func `random bytes come back`() {
        var random = SeededRandom(seed: 7_541)
        var lost = 0
        for _ in 0..<500 {
            let count = Int.random(in: 0..<60, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            lost += decoded(encoded(bytes)) == bytes ? 0 : 1
        }
        #expect(lost == 0)
    }

    @Test func `no more is written than the limit, but all is counted`() {
        let code = encoded(Array("www.example.com".utf8))
        for limit in 0...16 {
            var buffer = ByteBuffer(string: "-")
            let length = code.withUnsafeBytes { Huffman.decode($0, into: &buffer, atMost: limit) }
            #expect(length == 15)
            #expect(String(buffer: buffer) == "-" + "www.example.com".prefix(limit))
        }
    }

    @Test func `padding is what the end of string begins with, up to 7 bits`() {
        // "a" has the code 00011.
        #expect(decoded(bytes(bits: "00011111")) == [0x61])
        #expect(decoded(bytes(bits: "00011110")) == nil)
        #expect(decoded(bytes(bits: "00011000")) == nil)
        // "&" has a code of 8 bits, ":" one of 7.
        #expect(decoded(bytes(bits: bits(of: 0x26))) == [0x26])
        #expect(decoded(bytes(bits: bits(of: 0x26) + "11111111")) == nil)
        #expect(decoded(bytes(bits: bits(of: 0x3A) + "1")) == [0x3A])
        #expect(decoded(bytes(bits: bits(of: 0x3A) + "0")) == nil)
        #expect(decoded(bytes(bits: bits(of: 0x3A) + "111111111")) == nil)
        // "!" has a code of 10 bits, DEL one of 28, "0" one of 5.
        #expect(decoded(bytes(bits: bits(of: 0x21) + "111111")) == [0x21])
        #expect(decoded(bytes(bits: bits(of: 0x21) + "11111111111111")) == nil)
        #expect(decoded(bytes(bits: bits(of: 0x7F) + bits(of: 0x30) + "1111111")) == [0x7F, 0x30])
        #expect(decoded([]) == [])
    }

    @Test func `the end of string is refused wherever it stands`() {
        let end = bits(of: HuffmanCode.endOfString)
        #expect(decoded(bytes(bits: end + "11")) == nil)
        #expect(decoded(bytes(bits: bits(of: 0x61) + end + bits(of: 0x61))) == nil)
        #expect(decoded(bytes(bits: bits(of: 0x20) + end + bits(of: 0x61) + "1111111")) == nil)
        #expect(decoded([0xFF, 0xFF, 0xFF, 0xFF]) == nil)
        #expect(decoded([0xFF]) == nil)
    }
}
