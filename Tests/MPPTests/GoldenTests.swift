import Foundation
import GatewayKit
import MPP
import NIOCore
import Testing

/// A whole charge and a whole session, made and verified by other implementations.
@Suite(.enabled(if: SharedVectors.areExpected)) struct GoldenTests {
    private let golden: JSONValue
    private let keyring: ChallengeKeyring

    init() throws {
        golden = try JSONReader.value(of: try SharedVectors.bytes("mpp-golden/lightning-exchange.json"))
        let secret = try #require(golden["secret_utf8"]?.text)
        keyring = try #require(ChallengeKeyring([1: Array(secret.utf8)]))
    }

    private static let challenges = [
        ["charge"], ["charge_digest_header"], ["session"], ["session", "second_challenge"],
    ]

    private func challenge(_ path: [String]) throws -> (value: JSONValue, challenge: PaymentChallenge) {
        var node = golden
        for name in path { node = try #require(node[name]) }
        let value = path.last == "second_challenge" ? node : try #require(node["challenge"])
        return (value, try ChallengeLine.challenge(try #require(value["www_authenticate"]?.text)))
    }

    @Test(arguments: challenges) func `the canonical request is byte for byte the same`(path: [String]) throws {
        let (value, challenge) = try challenge(path)
        let canonical = try #require(value["request"]).canonical
        #expect(canonical == value["request_jcs"]?.text)
        #expect(challenge.request == Base64.url.encoded(canonical))
    }

    @Test(arguments: challenges) func `the line is read and written as it was`(path: [String]) throws {
        let (value, challenge) = try challenge(path)
        #expect(try challenge.line() == value["www_authenticate"]?.text)
    }

    @Test(arguments: challenges) func `the id is what the secret makes of the challenge`(path: [String]) throws {
        let (value, challenge) = try challenge(path)
        #expect(ChallengeKeyring.input(of: challenge) == value["hmac_input"]?.text)
        #expect(keyring.id(of: challenge) == value["id"]?.text)
        #expect(keyring.made(challenge))
    }

    @Test(
        arguments: [["charge", "credential"], ["charge_digest_header", "credential"]]
            + [
                "open", "bearer", "topUp", "close",
            ].map { ["session", $0] }
    )
    func `a credential is read and written as it was`(path: [String]) throws {
        var node = golden
        for name in path { node = try #require(node[name]) }
        let value = try #require(node["authorization"]?.text)
        let credential = try PaymentCredential(token: Array(value.utf8.dropFirst("Payment ".utf8.count)))
        #expect(keyring.made(credential.challenge))
        #expect(credential.payload.canonical == node["payload"]?.canonical)
        #expect(credential.authorization == value)
    }

    @Test func `a receipt is written and read as it was`() throws {
        let charge = try #require(golden["charge"])
        let time = try #require(golden["clock_now"]?.text.flatMap { Timestamp.time($0) })
        let receipt = PaymentReceipt(
            method: "lightning",
            reference: try #require(charge["payment_hash"]?.text),
            at: time,
            challengeID: try #require(charge["challenge"]?["id"]?.text)
        )
        let field = try #require(charge["payment_receipt"]?.text)
        #expect(receipt.field == field)
        #expect(try PaymentReceipt(decoding: field).value.canonical == charge["receipt"]?.canonical)
    }

    @Test func `a receipt with members of its intent is written as it was`() throws {
        let expected = try #require(golden["session"]?["expected"])
        let time = try #require(golden["clock_now"]?.text.flatMap { Timestamp.time($0) })
        let receipt = PaymentReceipt(
            method: "lightning",
            reference: try #require(golden["session"]?["session_id"]?.text),
            at: time,
            challengeID: nil,
            members: [.init("refundSats", .number(780)), .init("refundStatus", .string("succeeded"))]
        )
        #expect(receipt.value.canonical == expected["close_receipt_example"]?.canonical)
        #expect(receipt.field == expected["close_payment_receipt"]?.text)
    }

    @Test func `a body has its digest`() throws {
        let vector = try #require(golden["charge_digest_header"])
        let body = ByteBuffer(string: try #require(vector["body_utf8"]?.text))
        #expect(BodyDigest.text(of: body) == vector["digest"]?.text)
    }

    @Test func `no prefix and no flipped byte of a line traps or passes for ours`() throws {
        let line = try challenge(["charge_digest_header"]).challenge.line()
        for variant in Variants.of(Array(line.utf8)) {
            let text = String(decoding: variant, as: UTF8.self)
            guard let read = try? ChallengeLine.challenge(text), keyring.made(read) else { continue }
            // What no id covers: letters of names and of the scheme in another case, white space.
            #expect(text.lowercased() == line.lowercased(), "\(text)")
        }
    }

    @Test func `no prefix and no flipped byte of a credential traps or passes for ours with another challenge`() throws
    {
        let node = try #require(golden["charge"]?["credential"]?["authorization"]?.text)
        let token = Array(node.utf8.dropFirst("Payment ".utf8.count))
        let whole = try PaymentCredential(token: token)
        for variant in Variants.of(token) {
            guard let read = try? PaymentCredential(token: variant) else { continue }
            #expect(read.challenge == whole.challenge || !keyring.made(read.challenge))
        }
    }

    @Test func `no prefix and no flipped byte of a receipt traps`() throws {
        let field = try #require(golden["charge"]?["payment_receipt"]?.text)
        for variant in Variants.of(Array(field.utf8)) {
            guard let receipt = try? PaymentReceipt(decoding: String(decoding: variant, as: UTF8.self)) else {
                continue
            }
            #expect(Timestamp.time(receipt.timestamp) != nil)
        }
    }
}
