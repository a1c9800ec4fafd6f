import GatewayKit
import L402
import Testing

struct L402ChallengeTests {
    private func offers(_ values: String...) -> [String] {
        L402Challenge.challenges(in: values).map { "\($0.token) \($0.invoice)" }
    }

    @Test func `the parameters may stand in any order, under either name, with others between`() {
        #expect(offers("L402 macaroon=\"AA==\", invoice=\"lnbc1\"") == ["AA== lnbc1"])
        #expect(offers("LSAT invoice=\"lnbc1\",macaroon=\"AA==\"") == ["AA== lnbc1"])
        #expect(offers("l402 version=\"0\", token=\"AA==\", x=y, invoice=\"lnbc1\"") == ["AA== lnbc1"])
        #expect(offers("L402 Macaroon = AA== , INVOICE=lnbc1") == ["AA== lnbc1"])
    }

    @Test func `quoted strings may have escapes`() {
        #expect(offers(#"L402 note="a \", macaroon=\"B\\", macaroon="A\A", invoice="lnbc1""#) == ["AA lnbc1"])
    }

    @Test func `the lines of one answer are one offer`() {
        #expect(
            offers(
                "LSAT macaroon=\"AA==\", invoice=\"lnbc1\"",
                "L402 macaroon=\"AA==\", invoice=\"lnbc1\", version=\"0\", token=\"AA==\""
            ) == ["AA== lnbc1"]
        )
    }

    @Test func `several challenges on a line are told apart`() {
        #expect(
            offers(
                "Basic realm=\"a, b\", L402 macaroon=\"AA\", invoice=\"lnbc1\", Negotiate abc==,"
                    + " LSAT token=\"BB\", invoice=\"lnbc2\""
            ) == ["AA lnbc1", "BB lnbc2"]
        )
    }

    @Test(arguments: [
        "", "L402", "L402 ", "Basic realm=\"x\"", "L402 macaroon=\"AA\"", "L402 invoice=\"lnbc1\"",
        "L402 macaroon=\"\", invoice=\"lnbc1\"", "L402 macaroon=\"A A\", invoice=\"lnbc1\"",
        "L402 macaroon=\"A\r\nX: y\", invoice=\"lnbc1\"", "L402 macaroon=\"AA\", invoice=\"lnbc1:\"",
        "macaroon=\"AA\", invoice=\"lnbc1\"", "Payment macaroon=\"AA\", invoice=\"lnbc1\"", "=,=,\"\",;;",
    ])
    func `what is no offer is passed over`(value: String) {
        #expect(offers(value).isEmpty)
    }

    @Test func `a gateway's own challenge names the payment`() throws {
        let challenges = L402Challenge.challenges(in: try Shop().challenge().lines)
        #expect(challenges.count == 1)
        #expect(challenges.first?.payment == Shop.payment)
    }

    @Test func `a token that is no macaroon is presented all the same`() throws {
        let challenge = try #require(L402Challenge.challenges(in: ["L402 token=\"opaque\", invoice=\"lnbc1\""]).first)
        let token = challenge.paid(with: Preimage(.zero))
        #expect(token.authorization == "L402 opaque:\(String(repeating: "0", count: 64))")
        #expect(challenge.payment == nil)
        #expect(token.metadata == nil)
        #expect(token.attenuated(with: []) == nil)
    }

    @Test func `no more caveats are added than a macaroon may have`() throws {
        let token = try Shop().token()
        let caveats = (1...63).map { Caveat(condition: "n", value: "\($0)") }
        let full = try #require(token.attenuated(with: caveats))
        #expect(full.macaroon?.caveats.count == 64)
        #expect(full.attenuated(with: [Caveat(condition: "n", value: "64")]) == nil)
    }

    @Test func `no prefix and no flipped byte of a challenge traps`() throws {
        let value = Array(try #require(Shop().challenge().lines.last).utf8)
        for index in value.indices {
            #expect(L402Challenge.challenges(in: [String(decoding: value[..<index], as: UTF8.self)]).count <= 1)
            for mask: UInt8 in [0x01, 0x04, 0x0E, 0x80, 0xFF] {
                var changed = value
                changed[index] ^= mask
                for challenge in L402Challenge.challenges(in: [String(decoding: changed, as: UTF8.self)]) {
                    _ = challenge.payment
                }
            }
        }
    }

    @Test(.enabled(if: SharedVectors.areExpected, "no vectors beside the package; SLUICE_SHARED may name their folder"))
    func `the examples of the protocol specification are read`() throws {
        struct File: Decodable {
            struct Example: Decodable {
                let wire: String
                let kind: String
            }

            let examples: [Example]
        }
        let file: File = try SharedVectors.load("l402/l402-header-examples.json")
        let challenge = try #require(file.examples.first { $0.kind == "challenge" })
        let offer = try #require(L402Challenge.challenges(in: [challenge.wire]).first)
        #expect(offer.token == "AGIAJEemVQUTEyNCR0exk7ek90Cg==")
        #expect(offer.invoice.hasPrefix("lnbc1500n1pw5kjhmpp5fu6xhthlt2vucmzkx6c7wtlh2r625r30cyjsfqhu8rsx4xpz5lwq"))
        #expect(offer.macaroon == nil)

        // Its token is no macaroon and its preimage is too short: ours, and malformed.
        let authorization = try #require(file.examples.first { $0.kind == "authorization" })
        #expect(try Shop().rejection(("Authorization", authorization.wire)) == .malformed)
    }
}
