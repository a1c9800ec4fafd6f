import GatewayKit
import Lightning
import Testing

@Suite(.enabled(if: SharedVectors.areThere, SharedVectors.skipped))
struct Bolt11InvoiceTests {
    @Test(arguments: Bolt11Vectors.all.valid)
    func `an example of BOLT 11 decodes to what is known of it`(_ vector: Bolt11Vectors.Valid) throws {
        let invoice = try Bolt11Invoice(decoding: vector.invoice)
        let known = vector.outsideDecoder
        #expect(invoice.text == vector.invoice.lowercased())
        #expect(invoice.network.rawValue == vector.networkPrefix)
        #expect(invoice.amount == vector.amountMsat.map { Amount(millisatoshis: $0) })
        #expect(invoice.timestamp == WallTime(seconds: known.timestamp))
        #expect(invoice.paymentHash.description == known.paymentHash)
        #expect(invoice.paymentSecret.hex == known.paymentSecret)
        #expect(invoice.memo == known.description)
        #expect(invoice.memoHash?.hex == known.descriptionHash)
        #expect(invoice.expiry == .seconds(known.expiryS))
        #expect(invoice.expiresAt == WallTime(seconds: known.timestamp + known.expiryS))
        #expect(invoice.finalExpiryDelta == known.minFinalCltv)
        #expect(invoice.payee.description == known.payee)
        if let key = vector.signingPubkey {
            #expect(invoice.payee.description == key)
        }
        if let signature = vector.signatureRsHex {
            #expect(Hex.encoded(invoice.signature.compact) == signature)
            #expect(invoice.signature.recoveryFlag == vector.recoveryFlag)
        }
    }

    @Test(
        arguments: [
            ("on testnet", 17, "3172b5654f6683c8fb146959d347ce303cae4ca7"),
            ("1RustyRX2", 17, "04b61f7dc1ea0dc99424464cc4064dc564d91e89"),
            ("(P2SH)", 18, "8f55563b9a19f321c211e9b9f38cdf686ea07845"),
            ("(P2WPKH)", 0, "751e76e8199196d454941c45d1b3a323f1433bd6"),
            ("(P2WSH)", 0, "1863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262"),
            ("(P2TR)", 1, "0adac43daa9c8a5a68e09ea10692b82226ee190e572db9b90e17a410484ab405"),
        ] as [(String, UInt8, String)]
    )
    func `a fallback address has its version and its program`(_ title: String, version: UInt8, program: String) throws {
        let invoice = try Bolt11Invoice(decoding: Bolt11Vectors.valid(title).invoice)
        #expect(invoice.fallbacks.map(\.version) == [version])
        #expect(invoice.fallbacks.map { Hex.encoded($0.program) } == [program])
    }

    @Test func `a private route has its channels in their order`() throws {
        let invoice = try Bolt11Invoice(decoding: Bolt11Vectors.valid("extra routing info").invoice)
        let node = "9e03a901b85534ff1e92c43c74431f7ce72046060fcf7a95c37e148f78c77255"
        let first = Bolt11Hop(
            node: try #require(NodeID(Hex.decoded("02" + node) ?? [])),
            shortChannelID: 0x0102_0304_0506_0708,
            baseFee: 1,
            proportionalFee: 20,
            expiryDelta: 3
        )
        let second = Bolt11Hop(
            node: try #require(NodeID(Hex.decoded("03" + node) ?? [])),
            shortChannelID: 0x0304_0506_0708_090A,
            baseFee: 2,
            proportionalFee: 30,
            expiryDelta: 4
        )
        #expect(invoice.routes == [[first, second]])
    }

    @Test func `feature bits count from the end`() throws {
        #expect(try Bolt11Invoice(decoding: Bolt11Vectors.valid("8, 14 and 99").invoice).features.bits == [8, 14, 99])
    }

    @Test func `metadata is the bytes that the payee wants back`() throws {
        let invoice = try Bolt11Invoice(decoding: Bolt11Vectors.valid("metadata").invoice)
        #expect(invoice.metadata == [0x01, 0xFA, 0xFA, 0xF0])
        #expect(invoice.features.bits == [8, 14, 48])
    }

    @Test func `fields that must be skipped change nothing`() throws {
        let plain = try Bolt11Invoice(decoding: Bolt11Vectors.valid("8, 14 and 99").invoice)
        let padded = try Bolt11Invoice(decoding: Bolt11Vectors.valid("must be ignored").invoice)
        #expect(padded.fallbacks.isEmpty)
        #expect(padded.paymentHash == plain.paymentHash)
        #expect(padded.payee == plain.payee)
        #expect(padded.fields.count > plain.fields.count)
    }

    @Test func `every invalid example has its error`() throws {
        let expected: [(title: String, error: Bolt11Error)] = [
            ("feature 100", .feature(100)),
            ("checksum", .checksum),
            ("no 1", .separator),
            ("mixed case", .mixedCase),
            ("not recoverable", .signature),
            ("too short", .tooShort),
            ("multiplier", .amount("2500x")),
            ("sub-millisatoshi", .subMillisatoshi),
            ("`s` field", .missing("s")),
            ("high-S", .signature),
        ]
        #expect(Bolt11Vectors.all.invalid.count == expected.count)
        for vector in Bolt11Vectors.all.invalid {
            let error = try #require(expected.first { vector.title.contains($0.title) }?.error)
            #expect(throws: error) { _ = try Bolt11Invoice(decoding: vector.invoice) }
        }
    }

    @Test func `what is signed again with the same key is the same text`() throws {
        let key = try #require(Bytes32(hex: Bolt11Vectors.all.privKey).flatMap(NodeKey.init))
        for vector in Bolt11Vectors.all.valid where !vector.title.contains("high-S") {
            let invoice = try Bolt11Invoice(decoding: vector.invoice)
            #expect(try invoice.draft.signed(with: key) == vector.invoice.lowercased(), "\(vector.title)")
        }
    }

    @Test func `a high-S invoice signed again has the low-S signature`() throws {
        let key = try #require(Bytes32(hex: Bolt11Vectors.all.privKey).flatMap(NodeKey.init))
        let invoice = try Bolt11Invoice(decoding: Bolt11Vectors.valid("high-S").invoice)
        #expect(try invoice.draft.signed(with: key) == Bolt11Vectors.valid("any amount").invoice)
    }

    // MARK: Damage

    @Test(arguments: Bolt11Vectors.all.valid)
    func `no prefix of an invoice is one`(_ vector: Bolt11Vectors.Valid) {
        for count in 0..<vector.invoice.utf8.count {
            #expect((try? Bolt11Invoice(decoding: String(vector.invoice.prefix(count)))) == nil)
        }
    }

    @Test(arguments: Bolt11Vectors.all.valid)
    func `an invoice with one bit flipped is none`(_ vector: Bolt11Vectors.Valid) {
        let bytes = Array(vector.invoice.utf8)
        for index in bytes.indices {
            for mask: UInt8 in [0x01, 0x80] {
                var damaged = bytes
                damaged[index] ^= mask
                let text = String(decoding: damaged, as: UTF8.self)
                #expect((try? Bolt11Invoice(decoding: text)) == nil)
            }
        }
    }

    @Test(arguments: Bolt11Vectors.all.valid)
    func `an invoice with one word changed and its checksum made right never traps`(_ vector: Bolt11Vectors.Valid)
        throws
    {
        let text = vector.invoice.lowercased()
        let separator = try #require(text.lastIndex(of: "1"))
        let prefix = String(text[..<separator])
        let words = text[text.index(after: separator)...].dropLast(6).compactMap {
            Bech32.alphabet.firstIndex(of: $0.asciiValue ?? 0)
        }
        let original = try Bolt11Invoice(decoding: text)
        for index in words.indices {
            var damaged = words.map { UInt8($0) }
            damaged[index] ^= index.isMultiple(of: 2) ? 1 : 16
            let other = try? Bolt11Invoice(decoding: Bech32.encode(prefix: prefix, words: damaged))
            #expect(other != original)
        }
    }

    @Test func `an invoice cut at any word with its checksum made right never traps`() throws {
        let text = Bolt11Vectors.valid("must be ignored").invoice
        let separator = try #require(text.lastIndex(of: "1"))
        let words = text[text.index(after: separator)...].dropLast(6).compactMap {
            Bech32.alphabet.firstIndex(of: $0.asciiValue ?? 0)
        }
        for count in words.indices {
            let cut = Bech32.encode(prefix: String(text[..<separator]), words: words[..<count].map { UInt8($0) })
            #expect(
                (try? Bolt11Invoice(decoding: cut))?.payee.description
                    != Bolt11Vectors.valid("must be ignored").signingPubkey
            )
        }
    }
}
