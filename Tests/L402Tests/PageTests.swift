import GatewayKit
import GatewayTesting
import L402
import Testing

struct PageTests {
    private func keyring() throws -> Keyring { try #require(Keyring([1: Bytes32.random()])) }

    private func token(of keyring: Keyring, for payment: PaymentHash = Shop.payment) throws -> PresentedToken {
        PresentedToken(try #require(keyring.macaroon(for: payment, caveats: ["services=quotes:0"])))
    }

    @Test func `a page's key is of its keyring, its token and its purpose`() throws {
        let keyring = try keyring()
        let token = try token(of: keyring)
        let other = try self.token(of: keyring, for: Shop.payment(of: Shop.otherPreimage))
        let key = try #require(keyring.pageKey(of: token.macaroon))
        #expect(keyring.token(of: key) == token)
        #expect(try self.keyring().token(of: key) == nil)
        let pass = try #require(keyring.pagePass(for: token))
        #expect(keyring.token(of: PageKey(text: pass)) == nil)
        let secret = try #require(PageText(parsing: key.text)).proof
        let mixed = PageText(macaroon: other.macaroon.encoded, proof: secret)
        #expect(keyring.token(of: PageKey(text: mixed.text)) == nil)
        #expect(!token.macaroon.base64.contains(secret.hex))
    }

    @Test(arguments: ["", ".", "AgEE", "AgEE.00", "?.\(String(repeating: "0", count: 64))"])
    func `what is no key is none`(text: String) throws {
        #expect(try keyring().token(of: PageKey(text: text)) == nil)
    }

    @Test func `the key is on the exchange only where a page is preferred`() throws {
        let shop = try Shop()
        let invoice = Invoice(
            bolt11: "lnbcrt1",
            paymentHash: Shop.payment,
            amount: Shop.amount,
            expiresAt: shop.time.now
        )
        for (accept, isThere) in [("text/html", true), ("*/*", false)] {
            let quote = Quote(amount: Shop.amount, expiresIn: .seconds(600)) { _ in .now(invoice) }
            let exchange = shop.exchange([("Accept", accept)])
            _ = try shop.scheme.challenge(for: quote, in: exchange)
            #expect((exchange[PageKey.self] != nil) == isThere)
        }
    }

    // MARK: The cookie

    /// The cookie as the page gets it, from the mint that the shop has.
    private func cookie(_ shop: Shop) throws -> (name: String, value: String) {
        let keyring = try Mint.of(dataFolder: shop.folder.path).keyring()
        let pass = try #require(keyring.pagePass(for: try token(of: keyring)))
        // SHA-256 of "quotes", by sha256sum.
        return ("sluice_page_l402_\(Self.quotesHash)", pass)
    }

    private static let quotesHash = Array("quotes".utf8).withUnsafeBytes { Bytes32.sha256(of: $0) }.hex.prefix(16)

    @Test func `the cookie of a page is a credential, and one that was changed is not`() throws {
        let shop = try Shop()
        let (name, value) = try cookie(shop)
        let credential = try #require(try shop.credential(("Cookie", "a=b; \(name)=\(value); c=d")))
        #expect(credential.payment == Shop.payment)
        #expect(credential.caveats.map(\.description) == ["services=quotes:0"])
        #expect(try shop.rejection(("Cookie", "\(name)=\(value.dropLast())")) == .malformed)
        let last = value.last == "0" ? "1" : "0"
        #expect(try shop.rejection(("Cookie", "\(name)=\(value.dropLast())\(last)")) == .preimage)
        #expect(try shop.credential(("Cookie", "\(name)x=\(value)")) == nil)
        #expect(try shop.credential(("Cookie", "sluice_page_l402_0000000000000000=\(value)")) == nil)
    }

    @Test func `the secret of a page does not open its route`() throws {
        let shop = try Shop()
        let keyring = try Mint.of(dataFolder: shop.folder.path).keyring()
        let key = try #require(keyring.pageKey(of: try token(of: keyring).macaroon))
        #expect(try shop.rejection(("Cookie", "sluice_page_l402_\(Self.quotesHash)=\(key.text)")) == .preimage)
    }

    @Test func `cookies of pages are kept from the upstream, and others are not`() throws {
        let cookie = FieldName(.cookie)
        func forwarded(_ lines: String...) -> [String] {
            let exchange = Exchange.example(.example(fields: lines.map { ("Cookie", $0) }))
            L402Scheme.conceal(in: exchange)
            let fields = exchange.request.fields
            let kept = fields.lines.indices.filter {
                fields.lines[$0].known == .cookie && !exchange.edits.isRemoved(line: $0)
            }
            return kept.map { fields.value(at: $0) } + exchange.edits.added.filter { $0.name == cookie }.map(\.value)
        }
        #expect(forwarded("a=b; c=d", "e=f") == ["a=b; c=d", "e=f"])
        #expect(forwarded("a=b; sluice_page_l402_00=x; c=d", "e=f") == ["a=b; c=d; e=f"])
        #expect(forwarded("sluice_page_l402_00=x") == [])
        #expect(forwarded("a=sluice_page_l402_00=x") == ["a=sluice_page_l402_00=x"])
    }
}
