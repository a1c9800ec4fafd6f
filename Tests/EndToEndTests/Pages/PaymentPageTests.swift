import Foundation
import GatewayKit
import L402
import Lightning
import MPP
import NIOHTTP1
import Testing
import sluice

/// The page that a browser gets for a 402, and how it opens.
struct PaymentPageTests {
    private static let browser = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")

    private static func key(in page: TestGateway.Answer) throws -> String {
        let start = try #require(page.body.range(of: "data-key=\""))
        return String(page.body[start.upperBound...].prefix { $0 != "\"" })
    }

    private static func pay(_ invoice: String, at gateway: TestGateway) async throws {
        let wallet = try LndRESTWallet(url: gateway.node, macaroonHex: nil, certificateFile: nil)
        _ = try await wallet.pay(invoice, feeLimit: .zero)
        try await wallet.shutdown()
    }

    @Test func `a browser gets a page that loads nothing, with the lines that others get`() async throws {
        try await TestGateway.with { gateway in
            let page = try await gateway.request("/quotes", [Self.browser])
            #expect(page.status == 402)
            #expect(page.headers["content-type"] == ["text/html; charset=utf-8"])
            #expect(page.headers["cache-control"] == ["no-store"])
            #expect(page.headers["vary"] == ["Accept"])
            #expect(page.headers["www-authenticate"].count == 2)
            let invoice = try #require(page.challenge).invoice
            #expect(page.body.contains("href=\"lightning:\(invoice.uppercased())\""))
            #expect(page.body.contains("<strong>quotes</strong> costs <strong>10 sat</strong>"))
            // It would be the value of window.webln, and a wallet be offered where none is.
            #expect(!page.body.contains("id=\"webln\""))
            #expect(!page.body.contains("http://") && !page.body.contains("https://"))
            let policy = try #require(page.headers["content-security-policy"].first)
            #expect(policy.hasPrefix("default-src 'none'; script-src 'nonce-"))
            let nonce = String(policy.dropFirst("default-src 'none'; script-src 'nonce-".count).prefix { $0 != "'" })
            #expect(nonce.count == 32)
            #expect(page.body.contains("<script nonce=\"\(nonce)\">"))
            let again = try await gateway.request("/quotes", [Self.browser])
            #expect(again.headers["content-security-policy"].first != policy)
        }
    }

    @Test func `others get a problem as before, and a cache is told that it depends`() async throws {
        try await TestGateway.with { gateway in
            let answer = try await gateway.request("/quotes", [("Accept", "*/*")])
            #expect(answer.headers["content-type"] == ["application/problem+json"])
            #expect(answer.headers["vary"] == ["Accept"])
        }
    }

    @Test func `a page is let in once its payment has arrived, and no sooner`() async throws {
        try await TestGateway.with { gateway in
            let page = try await gateway.request("/quotes", [Self.browser])
            let key = try Self.key(in: page)
            let early = try await gateway.request(PageKey.path, method: .POST, body: key)
            #expect(early.status == 402)
            #expect(early.headers["set-cookie"].isEmpty)

            let events = Task {
                try await gateway.request(PageKey.path, method: .POST, [("Accept", "text/event-stream")], body: key)
            }
            try await Self.pay(try #require(page.challenge).invoice, at: gateway)
            #expect(try await events.value.body.hasSuffix("event: settled\ndata: settled\n\n"))

            let paid = try await gateway.request(PageKey.path, method: .POST, body: key)
            #expect(paid.status == 204)
            let cookie = try #require(paid.headers["set-cookie"].first)
            #expect(cookie.contains("; HttpOnly; SameSite=Lax"))
            let pair = String(cookie.prefix { $0 != ";" })
            let open = try await gateway.request("/quotes", [Self.browser, ("Cookie", "mine=1; \(pair)")])
            #expect(open.status == 200)
            #expect(open.body.contains("cookie: mine=1\n"))
            #expect(!open.body.contains("sluice_page_l402_"))
            let other = try await gateway.request("/other", [Self.browser, ("Cookie", pair)])
            #expect(other.status == 402)
        }
    }

    @Test func `the key of one page is of no use for the payment of another, and what is no key of none`() async throws
    {
        try await TestGateway.with { gateway in
            let mine = try await gateway.request("/quotes", [Self.browser])
            let theirs = try await gateway.request("/quotes", [Self.browser])
            try await Self.pay(try #require(theirs.challenge).invoice, at: gateway)
            let key = try Self.key(in: mine)
            let answer = try await gateway.request(PageKey.path, method: .POST, body: key)
            #expect(answer.status == 402)
            // What a client without a page holds, and everybody on the way has seen.
            let macaroon = try #require(theirs.challenge).token
            let guess = try await gateway.request(PageKey.path, method: .POST, body: "\(macaroon).\(key.suffix(64))")
            #expect(guess.status == 403)
            #expect(try await gateway.request(PageKey.path, method: .GET).status == 405)
        }
    }

    // MARK: Where one payment buys one answer

    /// What a page that is paid for gets: the first `Set-Cookie`, without its attributes.
    private static func pass(for key: String, at gateway: TestGateway) async throws -> String {
        let paid = try await gateway.request(PageKey.path, method: .POST, body: key)
        #expect(paid.status == 204, "\(paid.body)")
        return String(try #require(paid.headers["set-cookie"].first).prefix { $0 != ";" })
    }

    private static func invoice(_ page: TestGateway.Answer) throws -> String {
        let details = try #require(page.payments.first).requestObject()["methodDetails"]
        return try #require(details?["invoice"]?.text)
    }

    @Test func `a page of a charge is let in for one answer, and says so`() async throws {
        try await TestGateway.withPayments { gateway in
            let page = try await gateway.request("/echo?q=1", [Self.browser])
            #expect(page.status == 402)
            #expect(page.body.contains("The payment buys one answer."))
            let key = try Self.key(in: page)
            #expect(try await gateway.request(PageKey.path, method: .POST, body: key).status == 402)
            let events = Task {
                try await gateway.request(PageKey.path, method: .POST, [("Accept", "text/event-stream")], body: key)
            }
            _ = try await gateway.pay(try Self.invoice(page))
            #expect(try await events.value.body.hasSuffix("event: settled\ndata: settled\n\n"))
            let pass = try await Self.pass(for: key, at: gateway)
            // It is for what was bought, and costs nothing elsewhere.
            #expect(try await gateway.request("/echo?q=2", [Self.browser, ("Cookie", pass)]).status == 402)
            #expect(try await gateway.request("/echo?q=1", method: .POST, [("Cookie", pass)]).status == 402)
            let open = try await gateway.request("/echo?q=1", [Self.browser, ("Cookie", "mine=1; \(pass)")])
            expectStatus(200, open)
            #expect(open.body.contains("cookie: mine=1\n"))
            #expect(!open.body.contains("sluice_page_"))
            #expect(open.receipt?.challengeID == page.payments.first?.id)
            let forgotten = try #require(open.headers["set-cookie"].first)
            #expect(forgotten.hasPrefix(String(pass.prefix { $0 != "=" }) + "=;") && forgotten.contains("Max-Age=0"))
            let again = try await gateway.request("/echo?q=1", [Self.browser, ("Cookie", pass)])
            #expect(again.status == 402)
            #expect(again.body.contains("What you sent does not count: the payment has been used already."))
            #expect(again.headers["set-cookie"].first == forgotten)
        }
    }

    @Test func `two pages of a charge that are open at once lose neither payment`() async throws {
        try await TestGateway.withPayments { gateway in
            var passes = [String]()
            for _ in 0..<2 {
                let page = try await gateway.request("/echo", [Self.browser])
                _ = try await gateway.pay(try Self.invoice(page))
                passes.append(try await Self.pass(for: try Self.key(in: page), at: gateway))
            }
            #expect(passes[0].prefix { $0 != "=" } != passes[1].prefix { $0 != "=" })
            for pass in passes {
                expectStatus(200, try await gateway.request("/echo", [("Cookie", pass)]))
            }
        }
    }

    @Test func `what a page of a charge was told is of no use for another, nor as a cookie, nor changed`() async throws
    {
        try await TestGateway.withPayments { gateway in
            let mine = try Self.key(in: try await gateway.request("/echo", [Self.browser]))
            let page = try await gateway.request("/echo", [Self.browser])
            let theirs = try Self.key(in: page)
            _ = try await gateway.pay(try Self.invoice(page))
            #expect(try await gateway.request(PageKey.path, method: .POST, body: mine).status == 402)
            let mixed = theirs.dropLast(64) + mine.suffix(64)
            #expect(try await gateway.request(PageKey.path, method: .POST, body: String(mixed)).status == 403)
            let pass = try await Self.pass(for: theirs, at: gateway)
            let name = pass.prefix { $0 != "=" }
            for value in [theirs, String(pass.dropFirst(name.count + 1).dropLast()) + "x", "", "x.y"] {
                let answer = try await gateway.request("/echo", [("Cookie", "\(name)=\(value)")])
                #expect(answer.status == 402)
                #expect(answer.problemType == "payment-required", "it is no credential at all")
            }
            #expect(
                try await gateway.request(PageKey.path, method: .POST, body: String(pass.dropFirst(name.count + 1)))
                    .status == 403
            )
        }
    }

    @Test
    func `a client that wants no page is told no key, and a route that sells tokens too lets the page in by them`()
        async throws
    {
        try await TestGateway.withPayments { gateway in
            #expect(try await !gateway.request("/echo").body.contains("data-key"))
            let page = try await gateway.request("/reversed", [Self.browser])
            #expect(!page.body.contains("The payment buys one answer."))
            _ = try await gateway.pay(try #require(page.challenge).invoice)
            let pass = try await Self.pass(for: try Self.key(in: page), at: gateway)
            for _ in 0..<2 {
                expectStatus(200, try await gateway.request("/reversed", [("Cookie", pass)]))
            }
        }
    }

    @Test func `a gateway that sells nothing has no place to ask, and no key of any scheme`() async throws {
        try await TestGateway.with(
            routes: """
                  - { name: free, match: { path: /free/* }, pipeline: [ forward: { to: echo, strip: /free } ] }
                """
        ) { gateway in
            #expect(try await gateway.request(PageKey.path, method: .POST, body: "x").status == 404)
            let files = try FileManager.default.contentsOfDirectory(atPath: gateway.folder)
            #expect(!files.contains { $0.hasSuffix(".keyring") }, "\(files)")
        }
        try await TestGateway.with { gateway in
            let files = try FileManager.default.contentsOfDirectory(atPath: gateway.folder)
            #expect(files.contains("l402.keyring"))
            #expect(!files.contains("mpp.keyring"))
        }
    }
}
