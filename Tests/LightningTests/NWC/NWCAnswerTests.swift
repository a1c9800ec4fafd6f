import GatewayKit
import Lightning
import Testing

/// What wallets say, as NIP-47 has it.
struct NWCAnswerTests {
    private static let result = #"{"result_type":"pay_invoice","error":null,"result":{"preimage":"ab","fees_paid":12}}"#
    private static let error = #"{"result_type":"pay_invoice","error":{"code":"QUOTA_EXCEEDED","message":"no more"}}"#

    private static func code(_ text: String) throws -> NWCError? {
        guard case .error(let error) = try NWCAnswer(parsing: text, to: .payInvoice) else { return nil }
        return error
    }

    @Test func `a result is one`() throws {
        guard case .result(let json) = try NWCAnswer(parsing: Self.result, to: .payInvoice) else {
            Issue.record("should be a result")
            return
        }
        #expect(json["preimage"]?.text == "ab")
    }

    @Test func `an error has its code and its words`() throws {
        let read = try Self.code(Self.error)
        let error = try #require(read)
        #expect("\(error)" == "the wallet answered QUOTA_EXCEEDED: no more")
    }

    @Test(arguments: [#""result_type":"","#, ""])
    func `an error may leave out what it answers`(_ type: String) throws {
        let text = #"{\#(type)"error":{"code":"UNSUPPORTED_ENCRYPTION","message":"nip04"}}"#
        let read = try Self.code(text)
        #expect(read?.code == "UNSUPPORTED_ENCRYPTION")
    }

    @Test(
        arguments: [
            ("RATE_LIMITED", LightningFailure.Reason.unavailable, false), ("INTERNAL", .unavailable, false),
            ("OTHER", .unavailable, false), ("NOT_IMPLEMENTED", .refused, true),
            ("INSUFFICIENT_BALANCE", .refused, false),
            ("QUOTA_EXCEEDED", .refused, false), ("RESTRICTED", .refused, true), ("UNAUTHORIZED", .refused, true),
            ("UNSUPPORTED_ENCRYPTION", .refused, true), ("NOT_FOUND", .refused, true),
            ("PAYMENT_FAILED", .refused, false),
            ("something new", .refused, false),
        ] as [(String, LightningFailure.Reason, Bool)]
    )
    func `a code says whether asking again helps, and whether nothing was done`(
        _ code: String,
        reason: LightningFailure.Reason,
        isCertain: Bool
    ) throws {
        let read = try Self.code(Self.error.replacing("QUOTA_EXCEEDED", with: code))
        let error = try #require(read)
        #expect(error.failure.reason == reason)
        #expect(error.isCertain == isCertain)
    }

    @Test(
        arguments: [
            ("NOT_FOUND", "no more", true), ("INTERNAL", "Payment not found", true),
            ("INTERNAL", "wallet not found", false), ("INTERNAL", "no more", false),
            ("RESTRICTED", "Payment not found", false),
        ]
    )
    func `a payment that the wallet does not know has a code, or words, of its own`(
        _ code: String,
        words: String,
        isNotFound: Bool
    ) throws {
        let text = Self.error.replacing("QUOTA_EXCEEDED", with: code).replacing("no more", with: words)
        let read = try Self.code(text)
        let error = try #require(read)
        #expect(error.isNotFound == isNotFound)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"result_type":"pay_invoice"}"#, #"{"result_type":"pay_invoice","result":1}"#,
        #"{"result_type":"pay_invoice","error":{}}"#, #"{"result_type":"make_invoice","result":{}}"#,
        #"{"result_type":"pay_invoice","result":{}} "x""#,
    ])
    func `what is no answer to the question is refused`(_ text: String) {
        #expect(throws: NostrFailure.self) { try NWCAnswer(parsing: text, to: .payInvoice) }
    }

    @Test(arguments: [result, error])
    func `no prefix and no flipped byte of an answer traps`(_ answer: String) {
        let bytes = Array(answer.utf8)
        for index in bytes.indices {
            let prefix = String(decoding: bytes[..<index], as: UTF8.self)
            #expect(throws: NostrFailure.self) { try NWCAnswer(parsing: prefix, to: .payInvoice) }
            var changed = bytes
            changed[index] ^= 1
            _ = try? NWCAnswer(parsing: String(decoding: changed, as: UTF8.self), to: .payInvoice)
        }
    }
}
