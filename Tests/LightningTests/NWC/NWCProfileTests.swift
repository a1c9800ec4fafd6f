import GatewayKit
import Lightning
import Testing

struct NWCProfileTests {
    private static func profile(_ content: String, _ tags: [[String]]) throws -> NWCProfile {
        let event = NostrEvent(
            signing: content,
            kind: 13_194,
            tags: tags,
            at: WallTime(seconds: 1_700_000_000),
            with: .example(2)
        )
        return NWCProfile(try #require(event))
    }

    @Test(
        arguments: [
            ([["encryption", "nip44_v2 nip04"]], NostrCipher.nip44), ([["encryption", "nip04 nip44_v2"]], .nip44),
            ([["encryption", "nip04"]], .nip04), ([], .nip04), ([["encryption", "nip99"]], nil),
        ] as [([[String]], NostrCipher?)]
    )
    func `the old cipher is for wallets that say nothing else`(_ tags: [[String]], cipher: NostrCipher?) throws {
        #expect(try Self.profile("pay_invoice", tags).cipher == cipher)
    }

    @Test func `a wallet permits what it lists`() throws {
        let profile = try Self.profile("make_invoice lookup_invoice notifications", [])
        #expect(profile.permits(.makeInvoice))
        #expect(!profile.permits(.payInvoice))
    }

    @Test func `a wallet tells of payments where its notifications say so`() throws {
        #expect(try !Self.profile("notifications", []).tellsOfPayments)
        #expect(try Self.profile("", [["notifications", "payment_received payment_sent"]]).tellsOfPayments)
    }
}
