import GatewayKit
import GatewayTesting
import L402
import NIOCore
import Testing

struct RejectionTests {
    private let shop: Shop
    private let token: L402Token

    init() throws {
        shop = try Shop()
        token = try shop.token()
    }

    private func reason(_ token: L402Token) throws -> Rejection.Reason? {
        try shop.rejection(("Authorization", token.authorization))
    }

    @Test func `a preimage of another payment`() throws {
        #expect(try reason(L402Token(token: token.token, preimage: Preimage(.zero))) == .preimage)
    }

    @Test func `a payment hash is no preimage`() throws {
        #expect(try reason(L402Token(token: token.token, preimage: Preimage(Shop.payment.bytes))) == .preimage)
    }

    @Test func `a signature that is not the gateway's`() throws {
        let identifier = try #require(token.macaroon).identifier
        let forged = Macaroon(location: "lsat", identifier: identifier, rootKey: [UInt8](repeating: 0, count: 32))
        #expect(try reason(L402Token(macaroon: forged, preimage: Shop.preimage)) == .signature)
    }

    @Test func `a wrong signature is told before a wrong preimage`() throws {
        let identifier = try #require(token.macaroon).identifier
        let forged = Macaroon(location: "lsat", identifier: identifier, rootKey: [1])
        #expect(try reason(L402Token(macaroon: forged, preimage: Preimage(.zero))) == .signature)
    }

    @Test func `a token of another gateway`() throws {
        #expect(try reason(Shop().token()) == .signature)
    }

    @Test func `a caveat that was taken away`() throws {
        var bytes = try #require(token.macaroon).encoded
        // The one caveat stands between the end of the head and the end of the caveats, which is 35 bytes before the
        // end.
        let head = bytes.count - 35 - ("services=quotes:0".utf8.count + 3)
        bytes.removeSubrange(head..<bytes.count - 35)
        let stripped = try Macaroon(decoding: bytes)
        #expect(stripped.caveats.isEmpty)
        #expect(try reason(L402Token(macaroon: stripped, preimage: Shop.preimage)) == .signature)
    }

    @Test func `a generation that is not in the keyring`() throws {
        let identifier = L402Identifier(payment: Shop.payment, generation: 2)
        let macaroon = Macaroon(location: "lsat", identifier: identifier.bytes, rootKey: [1])
        let value = L402Token(macaroon: macaroon, preimage: Shop.preimage).authorization
        #expect(throws: Rejection(.signature, "the macaroon is signed with a key that is no longer known")) {
            try shop.credential(("Authorization", value))
        }
    }

    @Test func `a revoked token, remembered or not`() throws {
        let other = try shop.token(paidWith: Shop.otherPreimage)
        let fields = ("Authorization", token.authorization)
        let credential = try #require(try shop.credential(fields))
        shop.services.revocations.insert([credential.id])
        #expect(try shop.rejection(fields) == .revoked)
        let narrow = try #require(token.attenuated(with: [Caveat(condition: "a", value: "b")]))
        #expect(try reason(narrow) == .revoked)
        #expect(try reason(other) == nil)
    }

    @Test func `a third-party caveat`() throws {
        // Signed as a gateway would that uses third parties: with a keyring that the test knows.
        let master = String(repeating: "ab", count: 32)
        let keyring = try Keyring(parsing: "1 \(master)")
        let macaroon = try #require(keyring.macaroon(for: Shop.payment, caveats: []))
        let signature = Array("cid".utf8).withUnsafeBytes { caveat in
            Array("vid".utf8).withUnsafeBytes {
                MacaroonSignature.signature(of: caveat, verificationID: $0, after: macaroon.signature)
            }
        }
        let bytes =
            macaroon.unsigned + [2, 3] + Array("cid".utf8) + [4, 3] + Array("vid".utf8) + [0, 0, 6, 32]
            + signature.array
        #expect(
            throws: Rejection(
                .unknownCaveat,
                "the macaroon has a third-party caveat, which cannot be discharged here"
            )
        ) {
            try keyring.credential(of: bytes)
        }
    }

    @Test func `a caveat that is not text`() throws {
        let keyring = try Keyring(parsing: "1 \(String(repeating: "ab", count: 32))")
        let macaroon = try #require(keyring.macaroon(for: Shop.payment, caveats: []))
        let caveat: [UInt8] = [0xFF, 0xFE]
        let signature = caveat.withUnsafeBytes { MacaroonSignature.signature(of: $0, after: macaroon.signature) }
        let bytes = macaroon.unsigned + [2, 2] + caveat + [0, 0, 6, 32] + signature.array
        #expect(throws: Rejection(.unknownCaveat, "the macaroon has a caveat that is not text")) {
            try keyring.credential(of: bytes)
        }
    }

    @Test func `what begins like L402 and is not, and never reaches the upstream`() throws {
        let preimage = Shop.preimage.bytes.hex
        let values = [
            "L402", "LSAT ", "L402 x", "L402 :", "L402 :\(preimage)", "L402 \(token.token)", "L402 \(token.token):",
            "L402 \(token.token):\(preimage.dropLast())", "L402 \(token.token):\(preimage)0",
            "L402 \(token.token):\(preimage.dropLast())g", "L402 *:\(preimage)", "L402 \(token.token) :\(preimage)",
            "L402 \(token.token): \(preimage)", "L402 a,\(token.token):\(preimage)", "L402 AgEEbHNhdA==:\(preimage)",
            "L402:\(token.token):\(preimage)", "L402 token=\"\(token.token)\"",
            "L402 \(String(repeating: "A", count: 80_000)):\(preimage)",
        ]
        for value in values {
            let exchange = shop.exchange([("Authorization", value)])
            let rejection = #expect(throws: Rejection.self, "\(value)") { try shop.credential(in: exchange) }
            #expect(rejection?.reason == .malformed, "\(value)")
            #expect(exchange.edits.isRemoved(line: 1))
        }
    }

    @Test(arguments: [false, true])
    func `a malformed credential beside a good one, in any order`(isReversed: Bool) throws {
        var fields = [("Authorization", token.authorization), ("Authorization", "LSAT x")]
        if isReversed { fields.reverse() }
        #expect(try shop.rejection(fields[0], fields[1]) == .malformed)
    }

    @Test func `fields of lnd's clients that hold no macaroon, or one without its preimage`() throws {
        let bare = Hex.encoded(try #require(token.macaroon).encoded)
        let foreign = Macaroon(location: "", identifier: [1], rootKey: [1])
        var paid = foreign
        paid.add("preimage=\(Shop.preimage.bytes.hex)")
        var odd = try #require(token.macaroon)
        odd.add("preimage=12")
        for value in [
            "zz", "0", "02", bare, Hex.encoded(paid.encoded), Hex.encoded(odd.encoded),
            String(repeating: "0", count: 70_000),
        ] {
            let exchange = shop.exchange([("Macaroon", value)])
            let rejection = #expect(throws: Rejection.self) { try shop.credential(in: exchange) }
            #expect(rejection?.reason == .malformed)
            #expect(exchange.edits.isRemoved(line: 1))
        }
    }

    @Test func `two macaroons in fields of lnd's clients that differ`() throws {
        let first = try #require(token.metadata)
        let second = try #require(shop.token(paidWith: Shop.otherPreimage).metadata)
        #expect(try shop.rejection(("Macaroon", first), ("Grpc-Metadata-Macaroon", second)) == .malformed)
        #expect(try shop.rejection(("Macaroon", first), ("Grpc-Metadata-Macaroon", first)) == nil)
    }

    @Test func `no rejection tells the preimage`() throws {
        let preimage = Shop.preimage.bytes.hex
        for value in ["L402 x:\(preimage)", "L402 \(token.token):\(preimage)0"] {
            let rejection = #expect(throws: Rejection.self) { try shop.credential(("Authorization", value)) }
            #expect(rejection?.detail.contains(preimage.prefix(8)) == false)
        }
    }

    @Test func `without a keyring nothing is a credential`() throws {
        let services = Services.example(dataFolder: "/dev/null/keys", route: "quotes")
        let scheme = try #require(ExampleSettings().make { L402Scheme(from: &$0, services) })
        let exchange = shop.exchange([("Authorization", token.authorization)])
        #expect(throws: StartFailure.self) { try scheme.credential(in: exchange) }
    }

    @Test func `no prefix and no flipped byte of a header is another credential`() throws {
        for (name, value) in [("Authorization", token.authorization), ("Macaroon", try #require(token.metadata))] {
            let bytes = Array(value.utf8)
            for index in bytes.indices {
                #expect(try outcome(name, Array(bytes[..<index])) == nil)
                for mask: UInt8 in [0x01, 0x04, 0x20, 0x80, 0xFF] {
                    var changed = bytes
                    changed[index] ^= mask
                    // Letters in another case and spare bits of base64 spell the same credential.
                    let payment = try outcome(name, changed)
                    #expect(payment == nil || payment == Shop.payment)
                }
            }
        }
    }

    /// The payment of a credential in a field with any bytes; `nil` when there is none or it is rejected.
    private func outcome(_ name: String, _ value: [UInt8]) throws -> PaymentHash? {
        var request = RequestHead.example()
        let fieldName = try #require(FieldName(name))
        let wire = ByteBuffer(bytes: Array(name.utf8) + value)
        let nameEnd = name.utf8.count
        request.fields = Fields(
            wire: wire,
            lines: [.init(name: 0..<nameEnd, value: nameEnd..<nameEnd + value.count, known: fieldName.known)]
        )
        do {
            return try shop.credential(in: Exchange.example(request, route: shop.route))?.payment
        } catch is Rejection {
            return nil
        }
    }
}

extension Macaroon {
    /// The bytes before the end of the caveats and the signature.
    fileprivate var unsigned: [UInt8] { Array(encoded[..<(encoded.count - 35)]) }
}
