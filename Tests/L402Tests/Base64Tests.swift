import L402
import Testing

struct Base64Tests {
    struct Lenient: Decodable, Sendable {
        let input: String
        let expect: String?
    }

    @Test(
        .enabled(if: SharedVectors.areExpected, "no vectors beside the package; SLUICE_SHARED may name their folder")
    )
    func `go-macaroon's forms of base64 are read as it reads them`() throws {
        struct File: Decodable { let base64LenientDecode: [Lenient] }
        let file: File = try SharedVectors.load("macaroons/go-macaroon.json")
        for vector in file.base64LenientDecode {
            #expect(Base64.decoded(vector.input) == vector.expect.map { Array($0.utf8) }, "\(vector.input)")
        }
    }

    @Test(arguments: ["A", "AA=", "AAA==", "AA===", "=", "====", "AAAAA", "A A A", "AAA*", "Ä===", "A=AA"])
    func `what is not base64 is refused`(text: String) {
        #expect(Base64.decoded(text) == nil)
    }

    @Test func `bytes of every length come back`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            let text = Base64.encoded(bytes)
            #expect(text.utf8.count % 4 == 0)
            #expect(Base64.decoded(text) == bytes)
            #expect(Base64.decoded(text.filter { $0 != "=" }) == bytes)
        }
    }

    @Test func `nothing is written where there is no room`() {
        let digits = Array("AAAAAAAA".utf8)
        var room = [UInt8](repeating: 0, count: 5)
        let count = digits.withUnsafeBytes { digits in room.withUnsafeMutableBytes { Base64.decode(digits, into: $0) } }
        #expect(count == nil)
    }
}
