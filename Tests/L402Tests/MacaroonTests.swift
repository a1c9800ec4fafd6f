import GatewayKit
import L402
import Testing

struct MacaroonTests {
    static let identifier = [0, 0] + [UInt8](repeating: 0xAA, count: 32) + [UInt8](repeating: 0xBB, count: 32)
    static let rootKey = [UInt8](repeating: 1, count: 32)

    @Test func `a macaroon without caveats has the bytes that go-macaroon makes`() {
        let macaroon = Macaroon(location: "lsat", identifier: Self.identifier, rootKey: Self.rootKey)
        let expected =
            "0201046c73617402420000" + String(repeating: "aa", count: 32) + String(repeating: "bb", count: 32)
            + "000006201790bc6dc1964456355926bd4863e204d96b42629e94087abc906f85e91ccf93"
        #expect(Hex.encoded(macaroon.encoded) == expected)
    }

    @Test func `every caveat signs what stands before it`() {
        var macaroon = Macaroon(location: "lsat", identifier: Self.identifier, rootKey: Self.rootKey)
        macaroon.add("services=service1:0")
        macaroon.add("service1_capabilities=add,subtract")
        macaroon.add("service1_valid_until=1700000000")
        #expect(macaroon.signature.hex == "7b812db22fc15e943f4a7cf6f5431b2cc73521f0efc9553ca84ed52a8dc494d5")
        macaroon.add("preimage=" + String(repeating: "cc", count: 32))
        #expect(macaroon.signature.hex == "b13167aaf16bbe12d8539d1760a3d54ea6ba03f245a3ab82b9827c4ebd440e8a")
        #expect(macaroon.isSigned(with: Self.rootKey))
    }

    @Test func `a caveat that was changed or taken away breaks the signature`() throws {
        var macaroon = Macaroon(location: "lsat", identifier: Self.identifier, rootKey: Self.rootKey)
        macaroon.add("services=a:0")
        macaroon.add("a_valid_until=5")
        var bytes = macaroon.encoded
        let five = try #require(bytes.lastIndex(of: UInt8(ascii: "=")).map { $0 + 1 })
        bytes[five] = UInt8(ascii: "9")
        #expect(try !Macaroon(decoding: bytes).isSigned(with: Self.rootKey))
    }

    @Test func `another key did not sign it`() {
        let macaroon = Macaroon(location: "lsat", identifier: Self.identifier, rootKey: Self.rootKey)
        #expect(!macaroon.isSigned(with: [UInt8](repeating: 2, count: 32)))
    }

    @Test func `a caveat longer than 127 bytes comes back`() throws {
        var macaroon = Macaroon(location: "lsat", identifier: Self.identifier, rootKey: Self.rootKey)
        macaroon.add("note=" + String(repeating: "x", count: 20_000))
        #expect(try Macaroon(decoding: macaroon.encoded) == macaroon)
    }

    @Test func `64 caveats are read and 65 are not`() throws {
        var macaroon = Macaroon(location: "lsat", identifier: Self.identifier, rootKey: Self.rootKey)
        for number in 1...64 {
            macaroon.add("n=\(number)")
        }
        #expect(try Macaroon(decoding: macaroon.encoded).caveats.count == 64)
        macaroon.add("n=65")
        #expect(throws: MalformedMacaroon.self) { try Macaroon(decoding: macaroon.encoded) }
    }

    @Test func `more than 64 KiB is not read`() {
        var macaroon = Macaroon(location: "lsat", identifier: Self.identifier, rootKey: Self.rootKey)
        macaroon.add(String(repeating: "x", count: 65_536))
        #expect(throws: MalformedMacaroon.self) { try Macaroon(decoding: macaroon.encoded) }
    }

    static let signature = "0620" + String(repeating: "00", count: 32)

    @Test(arguments: [
        ("nothing", ""),
        ("an unknown version", "03020161000006" + signature),
        ("no identifier", "02010161000000" + signature),
        ("location after identifier", "020201610101610000" + signature),
        ("two identifiers", "02020161020162000000" + signature),
        ("an unknown field", "02020161070162000000" + signature),
        ("a caveat with a location and no verification id", "02020161000101620201630000" + signature),
        ("a caveat without identifier", "020201610001016200" + signature),
        ("a caveat with a verification id first", "02020161000401620201630000" + signature),
        ("a length beyond the end", "0202ff7f61"),
        ("a length that is no 31-bit number", "0202ffffffffff7f61"),
        ("a length in a longer form than it needs", "020281006100" + "00" + signature),
        ("a signature of 31 bytes", "02020161000006" + "1f" + String(repeating: "00", count: 31)),
        ("no signature", "020201610000"),
        ("a byte behind the signature", "020201610000" + signature + "00"),
    ])
    func `version 2 refuses`(what: String, hex: String) throws {
        let bytes = try #require(Hex.decoded(hex))
        #expect(throws: MalformedMacaroon.self, "\(what)") { try Macaroon(decoding: bytes) }
    }

    @Test func `the shortest macaroon of version 2 is read`() throws {
        let bytes = try #require(Hex.decoded("020201610000" + Self.signature))
        let macaroon = try Macaroon(decoding: bytes)
        #expect(macaroon.identifier == Array("a".utf8))
        #expect(macaroon.location == nil)
        #expect(macaroon.encoded == bytes)
    }

    @Test(arguments: [
        "", "000", "0000", "0008cl x", "fffflocation x\n", "000elocation x\n",
        "0012location x\n0011identifier x\n", "0010location a\n0012identifier b\n0010signature x\n",
        "0012identifier b\n0010location a\n", "0010location ab",
    ])
    func `version 1 refuses what is cut off, out of order or unsigned`(text: String) {
        #expect(throws: MalformedMacaroon.self) { try Macaroon(decoding: Array(text.utf8)) }
    }
}
