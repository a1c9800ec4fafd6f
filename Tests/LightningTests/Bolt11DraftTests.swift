import GatewayKit
import Lightning
import Testing

struct Bolt11DraftTests {
    private let key = NodeKey(Bytes32(repeatElement(7, count: 32)) ?? .zero)
    private let hash = PaymentHash(Bytes32(repeatElement(1, count: 32)) ?? .zero)
    private let secret = Bytes32(repeatElement(2, count: 32)) ?? .zero

    private func draft(
        _ amount: Amount?,
        network: Bolt11Network = .regtest,
        at timestamp: WallTime = WallTime(seconds: 1_767_225_600),
        _ fields: [Bolt11Field] = []
    ) -> Bolt11Draft {
        Bolt11Draft(
            network: network,
            amount: amount,
            timestamp: timestamp,
            fields: [.paymentHash(hash), .paymentSecret(secret)] + fields
        )
    }

    private func decoded(_ draft: Bolt11Draft) throws -> Bolt11Invoice {
        try Bolt11Invoice(decoding: draft.signed(with: #require(key)))
    }

    @Test func `a signed draft decodes to itself`() throws {
        let fallback = try #require(Bolt11Fallback(version: 17, program: Array(repeating: 9, count: 20)))
        let key = try #require(key)
        let hop = Bolt11Hop(node: key.id, shortChannelID: .max, baseFee: .max, proportionalFee: 3, expiryDelta: .max)
        let draft = draft(
            Amount(millisatoshis: 1),
            [
                .memo("ナンセンス"), .payee(key.id), .expiry(.seconds(4_294_967_295)), .finalExpiryDelta(.max),
                .fallback(fallback), .route([hop, hop]), .route([hop]), .metadata([0, 1, 2]),
                .features(Bolt11Features(bits: [8, 14, 48, 101])), .memoHash(secret),
            ]
        )
        let invoice = try decoded(draft)
        #expect(invoice.draft == draft)
        #expect(invoice.payee == key.id)
        #expect(invoice.routes == [[hop, hop], [hop]])
    }

    @Test(
        arguments: [
            (1, "lnbcrt10p"), (10, "lnbcrt100p"), (100, "lnbcrt1n"), (1_000, "lnbcrt10n"), (100_000, "lnbcrt1u"),
            (100_000_000, "lnbcrt1m"), (100_000_000_000, "lnbcrt1"), (123_456_789, "lnbcrt1234567890p"),
            (2_100_000_000_000_000_000, "lnbcrt21000000"), (2_099_999_999_999_999_999, "lnbcrt20999999999999999990p"),
        ] as [(UInt64, String)]
    )
    func `an amount is written in the largest unit that is exact`(_ millisatoshis: UInt64, prefix: String) throws {
        let amount = Amount(millisatoshis: millisatoshis)
        let text = try draft(amount).signed(with: #require(key))
        #expect(text.hasPrefix(prefix + "1"))
        #expect(try Bolt11Invoice(decoding: text).amount == amount)
    }

    @Test(arguments: Bolt11Network.allCases)
    func `every network has its prefix`(_ network: Bolt11Network) throws {
        #expect(try decoded(draft(nil, network: network)).network == network)
        #expect(try decoded(draft(Amount(millisatoshis: 1_000), network: network)).network == network)
    }

    @Test(
        arguments: [
            ("lnbc0", .amount("0")), ("lnbc01u", .amount("01u")), ("lnbc0u", .amount("0u")), ("lnbcm", .network("bcm")),
            ("lnbc1x", .amount("1x")), ("lnbc1um", .amount("1um")), ("lnbc-1u", .network("bc-")),
            ("lnbc1 u", .character),
            ("lnbc1p", .subMillisatoshi), ("lnbc21000001", .amount("21000001")), ("lnxx1u", .network("xx")),
            ("lnbc99999999999999999999", .amount("99999999999999999999")), ("bc1u", .notAnInvoice),
            ("ln", .network("")),
            ("lnbc184467440737095517m", .amount("184467440737095517m")),
        ] as [(String, Bolt11Error)]
    )
    func `an amount or network that BOLT 11 does not know is refused`(_ prefix: String, error: Bolt11Error) {
        let text = Bech32.encode(prefix: prefix, words: Array(repeating: 0, count: 120))
        #expect(throws: error) { _ = try Bolt11Invoice(decoding: text) }
    }

    @Test func `an amount of nothing or of too much is not written`() throws {
        let key = try #require(key)
        #expect(throws: Bolt11Error.amount("0 sat")) { _ = try draft(.zero).signed(with: key) }
        #expect(throws: Bolt11Error.self) { _ = try draft(Amount(millisatoshis: .max)).signed(with: key) }
    }

    @Test func `a time outside 35 bits is not written`() throws {
        let key = try #require(key)
        for seconds: Int64 in [-1, 1 << 35, .max] {
            #expect(throws: Bolt11Error.timestamp) {
                _ = try draft(nil, at: WallTime(seconds: seconds)).signed(with: key)
            }
        }
    }

    @Test func `a memo of 639 bytes fits and one of 640 does not`() throws {
        let key = try #require(key)
        #expect(try decoded(draft(nil, [.memo(String(repeating: "a", count: 639))])).memo?.count == 639)
        #expect(throws: Bolt11Error.field("d")) {
            _ = try draft(nil, [.memo(String(repeating: "a", count: 640))]).signed(with: key)
        }
    }

    @Test func `an odd unknown feature may be ignored and an even one not`() throws {
        #expect(try decoded(draft(nil, [.features(Bolt11Features(bits: [101]))])).features.bits == [101])
        #expect(throws: Bolt11Error.feature(2)) { _ = try decoded(draft(nil, [.features(Bolt11Features(bits: [2]))])) }
    }

    @Test func `an invoice without a payment hash is none`() throws {
        var draft = draft(nil)
        draft.fields.removeFirst()
        #expect(throws: Bolt11Error.missing("p")) { _ = try decoded(draft) }
    }

    @Test func `a payee who did not sign is refused`() throws {
        let other = try #require(NodeKey(Bytes32(repeatElement(8, count: 32)) ?? .zero))
        #expect(throws: Bolt11Error.signature) { _ = try decoded(draft(nil, [.payee(other.id)])) }
    }

    @Test func `of two payment hashes the first counts`() throws {
        let invoice = try decoded(draft(nil, [.paymentHash(PaymentHash(secret))]))
        #expect(invoice.paymentHash == hash)
    }

    @Test func `a field of no words is read`() throws {
        let invoice = try decoded(draft(nil, [.memo(""), .expiry(.zero), .finalExpiryDelta(0), .metadata([])]))
        #expect(invoice.memo == "")
        #expect(invoice.expiry == .zero)
        #expect(invoice.finalExpiryDelta == 0)
        #expect(invoice.metadata == [])
    }

    @Test(
        arguments: [
            ("r", 10), ("r", 0), ("x", 14), ("c", 14),
        ] as [(Character, Int)]
    )
    func `a field whose content does not fit is refused`(_ letter: Character, count: Int) throws {
        let words = [UInt8](repeating: 31, count: count)
        let field = Bolt11Field.skipped(letter: try #require(letter.asciiValue), words: words)
        #expect(throws: Bolt11Error.field(letter)) { _ = try decoded(draft(nil, [field])) }
    }

    @Test func `a description that is not UTF-8 is refused`() throws {
        let field = Bolt11Field.skipped(letter: UInt8(ascii: "d"), words: [31, 31, 31, 31])
        #expect(throws: Bolt11Error.field("d")) { _ = try decoded(draft(nil, [field])) }
    }

    @Test func `zero is no key`() {
        #expect(NodeKey(.zero) == nil)
        #expect(NodeKey(Bytes32(repeatElement(0xFF, count: 32)) ?? .zero) == nil)
    }

    @Test func `a key does not print its secret`() throws {
        let key = try #require(key)
        #expect(!"\(key)".contains("07070707"))
        #expect(!String(reflecting: key).contains("07070707"))
    }

    @Test func `keys may be used by many threads at once`() async throws {
        let key = try #require(key)
        let draft = draft(Amount(millisatoshis: 1_000))
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<64 {
                group.addTask { try Bolt11Invoice(decoding: draft.signed(with: key)).text }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(texts.count == 1)
    }
}
