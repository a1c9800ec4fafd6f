import GatewayKit
import Lightning
import LightningTesting
import Testing

struct LndRightsTests {
    private static let selling = [
        "/lnrpc.Lightning/AddInvoice", "/lnrpc.Lightning/LookupInvoice", "/lnrpc.Lightning/ListInvoices",
        "/lnrpc.Lightning/SubscribeInvoices",
    ]
    private static let holding = [
        "/invoicesrpc.Invoices/AddHoldInvoice", "/invoicesrpc.Invoices/SettleInvoice",
        "/invoicesrpc.Invoices/CancelInvoice",
    ]
    private static let refunding = ["/routerrpc.Router/SendPaymentV2", "/routerrpc.Router/TrackPaymentV2"]

    private func rights(
        _ permissions: [(entity: String, actions: [String])],
        caveats: [String] = []
    ) throws -> LndRights {
        try #require(LndRights(macaroon: LndMacaroonExample.bytes(of: permissions, caveats: caveats)))
    }

    @Test func `the narrowest macaroons are enough and nothing is found`() throws {
        let calls = Self.selling
        let narrow = try rights([("uri", calls)])
        #expect(narrow.capabilities == .subscribe)
        #expect(narrow.findings == [])
        let all = try rights([("uri", calls + Self.holding + Self.refunding)])
        #expect(all.capabilities == [.subscribe, .hold, .refund])
        #expect(all.findings == [])
    }

    @Test func `lnd's own invoice macaroon sells and holds, and allows more than that`() throws {
        let rights = try rights([
            ("address", ["read", "write"]), ("invoices", ["read", "write"]), ("onchain", ["read"]),
        ])
        #expect(rights.capabilities == [.subscribe, .hold])
        #expect(rights.excess == ["address:read", "address:write", "onchain:read"])
        #expect(rights.findings.count == 1)
        #expect(rights.findings[0].contains("more than the gateway needs: address:read, address:write, onchain:read"))
    }

    @Test func `what is missing is named by its call`() throws {
        let rights = try rights([("invoices", ["read"])])
        #expect(
            rights.findings == [
                "the macaroon of lnd does not allow what is needed to sell: uri:/lnrpc.Lightning/AddInvoice"
            ]
        )
    }

    @Test func `a macaroon that ends is found`() throws {
        let rights = try rights([("uri", Self.selling)], caveats: ["time-before 2027-01-01T00:00:00Z"])
        #expect(rights.findings == ["the macaroon of lnd ends at 2027-01-01T00:00:00Z"])
    }

    @Test func `what a macaroon says moves no cursor and fills no terminal`() throws {
        let rights = try rights(
            [("a\u{1B}[31m", (0..<100).map { "b\($0)\n" })],
            caveats: ["time-before \u{1B}[31m2027"]
        )
        #expect(rights.findings.count == 3)
        for text in rights.findings {
            #expect(text.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) })
            #expect(text.count < 700)
        }
    }

    // MARK: What is no macaroon

    @Test func `no prefix of a macaroon is one`() {
        let whole = LndMacaroonExample.bytes(of: [("invoices", ["read", "write"])], caveats: ["a", "b"])
        for count in 0..<whole.count {
            #expect(LndRights(macaroon: Array(whole.prefix(count))) == nil)
        }
    }

    @Test func `no flipped byte is read beyond the end`() {
        let whole = LndMacaroonExample.bytes(of: [("invoices", ["read", "write"])], caveats: ["a", "b"])
        for index in whole.indices {
            for bit in 0..<8 {
                var flipped = whole
                flipped[index] ^= 1 << bit
                // Read or not: it must return.
                _ = LndRights(macaroon: flipped)?.findings
            }
        }
    }

    @Test func `text and long bytes are none`() {
        #expect(LndRights(macaroonHex: "") == nil)
        #expect(LndRights(macaroonHex: "zz") == nil)
        #expect(LndRights(macaroon: Array(repeating: 2, count: 100_000)) == nil)
    }
}
