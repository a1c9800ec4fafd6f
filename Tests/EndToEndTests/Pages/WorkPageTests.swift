import Foundation
import Free
import GatewayKit
import NIOHTTP1
import Testing

/// The page that works for its answer, as far as the gateway sees it.
@Suite struct `A page that can work` {
    private static let browser = ("Accept", "text/html")

    private static let routes = """
          - name: work
            match: { path: /echo }
            pipeline:
              - auth: [{ use: l402, valid-for: 1h }, pow: 8]
              - caveats: [service, expires]
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: alone
            match: { path: /alone }
            pipeline: [ auth: { pow: 4 }, rate-limit: { limit: 1000/s }, price: 10 sat, forward: echo ]
          - name: down
            match: { path: /down }
            pipeline: [ auth: { pow: 4 }, rate-limit: { limit: 1000/s }, price: 10 sat, forward: nobody ]
        """

    /// Of the work; the invoice has attributes, too.
    private static func attribute(_ name: String, of page: TestGateway.Answer) throws -> String {
        let work = try #require(page.body.range(of: " id=\"work\""))
        let rest = page.body[work.upperBound...]
        let start = try #require(rest.range(of: " data-\(name)=\""))
        return String(rest[start.upperBound...].prefix { $0 != "\"" })
    }

    /// What a page sets once it has worked.
    private static func cookie(of page: TestGateway.Answer) throws -> String {
        let challenge = try #require(WorkChallenge(try attribute("challenge", of: page)))
        let proof = try #require(WorkProof.solving(challenge))
        return "\(try attribute("cookie", of: page))=\(proof.text)"
    }

    private static func changed(_ text: Substring, at offset: Int) -> String {
        var text = String(text)
        let index = text.index(text.startIndex, offsetBy: offset)
        text.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
        return text
    }

    @Test func `offers work beside the invoice, and as the line does`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let page = try await gateway.request("/echo", [Self.browser])
            #expect(page.status == 402)
            let offered = try #require(WorkOffer(in: page.headers["www-authenticate"])).challenge.text
            #expect(try Self.attribute("challenge", of: page) == offered)
            #expect(try Self.attribute("bits", of: page) == "8")
            #expect(try Self.attribute("seconds", of: page) == "300")
            #expect(page.body.contains("id=\"invoice\""))
            let policy = try #require(page.headers["content-security-policy"].first)
            #expect(!policy.contains("unsafe") && !policy.contains("worker"))
            #expect(try await !gateway.request("/echo").body.contains("data-challenge"))
        }
    }

    @Test func `is all that there is where nothing is for sale`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let page = try await gateway.request("/alone", [Self.browser])
            #expect(page.status == 401)
            #expect(page.headers["content-type"] == ["text/html; charset=utf-8"])
            #expect(page.headers["vary"] == ["Accept"])
            #expect(!page.body.contains("id=\"invoice\"") && !page.body.contains("<svg"))
            let open = try await gateway.request("/alone", [("Cookie", try Self.cookie(of: page))])
            expectStatus(200, open)
        }
    }

    @Test func `is all that there is while the node is down`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            _ = try await gateway.request("/dev/behaviour", method: .POST, body: #"{"mode":"down"}"#, at: gateway.node)
            let page = try await gateway.request("/echo", [Self.browser])
            #expect(page.status == 401)
            #expect(page.headers["vary"] == ["Accept"])
            #expect(!page.body.contains("id=\"invoice\""))
            expectStatus(200, try await gateway.request("/echo", [("Cookie", try Self.cookie(of: page))]))
        }
    }

    @Test func `is let in once, by a cookie that the service does not see`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let cookie = try Self.cookie(of: try await gateway.request("/echo", [Self.browser]))
            let name = cookie.prefix { $0 != "=" }
            let open = try await gateway.request("/echo", [Self.browser, ("Cookie", "mine=1; \(cookie)")])
            expectStatus(200, open)
            #expect(open.body.contains("cookie: mine=1\n"))
            #expect(!open.body.contains("sluice_page_"))
            let forgotten = try #require(open.headers["set-cookie"].first)
            #expect(forgotten.hasPrefix("\(name)=;") && forgotten.contains("Max-Age=0"))
            let again = try await gateway.request("/echo", [Self.browser, ("Cookie", cookie)])
            #expect(again.status == 402)
            #expect(again.body.contains("What you sent does not count: the proof of work has been used already."))
            #expect(again.headers["set-cookie"].first == forgotten)
        }
    }

    @Test func `that is open twice loses no work`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            var cookies = [String]()
            for _ in 0..<2 {
                cookies.append(try Self.cookie(of: try await gateway.request("/echo", [Self.browser])))
            }
            for _ in cookies {
                let open = try await gateway.request("/echo", [("Cookie", cookies.joined(separator: "; "))])
                expectStatus(200, open)
                let forgotten = try #require(open.headers["set-cookie"].first).prefix { $0 != "=" }
                cookies.removeAll { $0.hasPrefix(forgotten) }
            }
            #expect(cookies.isEmpty)
        }
    }

    @Test func `keeps its cookie where the service saw nothing`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let cookie = try Self.cookie(of: try await gateway.request("/down", [Self.browser]))
            for _ in 0..<2 {
                let answer = try await gateway.request("/down", [("Cookie", cookie)])
                #expect([502, 503].contains(answer.status))
                #expect(answer.headers["set-cookie"].isEmpty)
            }
        }
    }

    @Test func `is of no use elsewhere, nor changed`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let cookie = try Self.cookie(of: try await gateway.request("/alone", [Self.browser]))
            let mine = try Self.cookie(of: try await gateway.request("/echo", [Self.browser]))
            let (name, text) = (mine.prefix { $0 != "=" }, mine.drop { $0 != "=" }.dropFirst())
            // A character of the version, of the end, of the number and of the code.
            let changed = [0, 8, 20, 55].map { "\(name)=\(Self.changed(text, at: $0))" }
            for other in [cookie, "\(name)=", "\(name)=x.y", "\(name)x=\(text)"] + changed {
                let answer = try await gateway.request("/echo", [("Cookie", other)])
                #expect(answer.status == 402)
                #expect(answer.problemType == "payment-required", "it is no credential at all")
                #expect(answer.headers["set-cookie"].isEmpty)
            }
        }
    }
}
