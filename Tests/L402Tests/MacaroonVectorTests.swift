import GatewayKit
import L402
import Testing

@Suite(.enabled(if: SharedVectors.areExpected, "no vectors beside the package; SLUICE_SHARED may name their folder"))
struct MacaroonVectorTests {
    @Test func `pymacaroons' L402 macaroons are read, signed and written as it does`() throws {
        let entries = try MacaroonVectors.oracle()
        #expect(!entries.isEmpty)
        for entry in entries {
            let rootKey = try #require(Hex.decoded(entry.rootKeyHex))
            let bytes = try #require(Hex.decoded(entry.v2BinaryHex))
            let macaroon = try Macaroon(decoding: bytes)
            #expect(macaroon.caveats.map(\.identifier) == entry.caveats.map { Array($0.utf8) })
            #expect(macaroon.signature.hex == entry.signatureHex)
            #expect(macaroon.isSigned(with: rootKey))
            #expect(macaroon.encoded == bytes)
            #expect(macaroon.base64 == entry.v2Base64Std)
            #expect(try Macaroon(base64: entry.v2Base64Std) == macaroon)

            let identifier = try #require(L402Identifier(macaroon.identifier))
            #expect(identifier.payment.description == entry.paymentHashHex)
            #expect(identifier.tokenID.hex == entry.tokenIdHex)
            #expect(Hex.encoded(identifier.bytes) == entry.identifierHex)

            var minted = Macaroon(location: entry.location, identifier: identifier.bytes, rootKey: rootKey)
            entry.caveats.forEach { minted.add($0) }
            #expect(minted == macaroon)

            let preimage = Preimage(try #require(Bytes32(hex: entry.preimageHex)))
            #expect(L402Token(macaroon: minted, preimage: preimage).authorization == entry.authorization)
            #expect(preimage.bytes.withUnsafeBytes { Bytes32.sha256(of: $0) } == identifier.payment.bytes)
        }
    }

    @Test func `go-macaroon's version 2 with a third-party caveat is read, signed and written as it does`() throws {
        let go = try MacaroonVectors.go()
        let binary = try #require(go.decode.first { $0.binaryHex != nil })
        let bytes = try #require(binary.binaryHex.flatMap { Hex.decoded($0) })
        let macaroon = try Macaroon(decoding: bytes)
        let whole = go.allDecodeTo
        #expect(macaroon.location == Array(whole.location.utf8))
        #expect(macaroon.identifier == Array(whole.identifier.utf8))
        #expect(macaroon.signature.hex == whole.signatureHex)
        #expect(macaroon.caveats.map(\.identifier) == whole.caveats.map { Array($0.cid.utf8) })
        #expect(
            macaroon.caveats.map(\.verificationID)
                == whole.caveats.map { $0.vidB64Url.flatMap { Base64.standard.decoded($0) } }
        )
        #expect(macaroon.caveats.map(\.location) == whole.caveats.map { $0.cl.map { Array($0.utf8) } })
        #expect(macaroon.isSigned(with: Array(whole.rootKeyUtf8.utf8)))
        #expect(macaroon.encoded == bytes)
        #expect(try Macaroon(base64: #require(binary.base64)) == macaroon)
    }

    @Test func `go-macaroon's forms of base64 are read as it reads them`() throws {
        struct File: Decodable { let base64LenientDecode: [Lenient] }
        struct Lenient: Decodable {
            let input: String
            let expect: String?
        }
        let file: File = try SharedVectors.load("macaroons/go-macaroon.json")
        for vector in file.base64LenientDecode {
            #expect(Base64.standard.decoded(vector.input) == vector.expect.map { Array($0.utf8) }, "\(vector.input)")
        }
    }

    @Test func `version 1 and version 2 of a macaroon are the same macaroon`() throws {
        let python = try MacaroonVectors.python()
        let go = python.goMacaroonSerialisations
        let first = try Macaroon(base64: go.binaryV1)
        let second = try Macaroon(base64: go.binaryV2)
        #expect(first == second)
        #expect(first.location == Array(go.location.utf8))
        #expect(first.identifier == Array(go.identifier.utf8))
        #expect(first.signature.hex == go.signatureHex["binary_v1"])
        #expect(first.isSigned(with: Array(python.rootKeyUtf8.utf8)))
        #expect(try Macaroon(base64: go.binaryV1Discharge) == Macaroon(base64: go.binaryV2Discharge))
    }

    @Test func `libmacaroons' published signatures are right`() throws {
        let entries = try MacaroonVectors.python().rootAndFirstParty
        #expect(!entries.isEmpty)
        for entry in entries {
            let rootKey = Array(entry.rootKeyUtf8.utf8)
            let macaroon = try Macaroon(base64: entry.v1Base64Url)
            var minted = Macaroon(location: entry.location, identifier: Array(entry.identifier.utf8), rootKey: rootKey)
            entry.caveats.forEach { minted.add($0) }
            #expect(macaroon == minted)
            #expect(macaroon.signature.hex == entry.signatureHex)
        }
    }

    @Test func `what pymacaroons calls invalid is refused`() throws {
        for text in try MacaroonVectors.python().invalidV1Base64Url {
            #expect(throws: MalformedMacaroon.self) { try Macaroon(base64: text) }
        }
    }

    @Test func `no prefix of a macaroon is one`() throws {
        for bytes in try MacaroonVectors.allBytes() {
            for count in 0..<bytes.count {
                #expect(throws: MalformedMacaroon.self) { try Macaroon(decoding: Array(bytes[..<count])) }
            }
        }
    }

    @Test func `a flipped byte gives an error, or a macaroon that comes back as it was read`() throws {
        for bytes in try MacaroonVectors.allBytes() {
            for index in bytes.indices {
                for mask: UInt8 in [0x01, 0x20, 0x80, 0xFF] {
                    var changed = bytes
                    changed[index] ^= mask
                    guard let macaroon = try? Macaroon(decoding: changed) else { continue }
                    #expect(try Macaroon(decoding: macaroon.encoded) == macaroon)
                }
            }
        }
    }

    @Test func `a flipped byte outside the location breaks the signature of an L402 macaroon`() throws {
        for entry in try MacaroonVectors.oracle() {
            let rootKey = try #require(Hex.decoded(entry.rootKeyHex))
            let bytes = try #require(Hex.decoded(entry.v2BinaryHex))
            let original = try Macaroon(decoding: bytes)
            for index in bytes.indices {
                var changed = bytes
                changed[index] ^= 0x01
                guard let macaroon = try? Macaroon(decoding: changed) else { continue }
                #expect(macaroon.location != original.location || !macaroon.isSigned(with: rootKey))
            }
        }
    }
}
