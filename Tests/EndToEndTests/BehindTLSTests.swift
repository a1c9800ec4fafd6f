import Foundation
import GatewayKit
import L402
import NIOHTTP1
import Testing

/// A gateway whose TLS ends at a proxy before it.
struct BehindTLSTests {
    private static let browser = ("Accept", "text/html")

    private static func cookie(
        listen: String,
        _ fields: [(String, String)]
    ) async throws -> String {
        try await TestGateway.with(listen: listen) { gateway in
            let page = try await gateway.request("/quotes", [browser])
            let start = try #require(page.body.range(of: "data-key=\""))
            let key = String(page.body[start.upperBound...].prefix { $0 != "\"" })
            _ = try await gateway.pay(try #require(page.challenge).invoice)
            let paid = try await gateway.request(PageKey.path, method: .POST, fields, body: key)
            #expect(paid.status == 204)
            return try #require(paid.headers["set-cookie"].first)
        }
    }

    private static let trusting = "{ address: 127.0.0.1:0, trusted-proxies: [127.0.0.0/8] }"

    @Test(arguments: ["https", "http, https", "HTTPS"])
    func `the cookie of a page is for TLS alone where a trusted proxy says that there is TLS`(word: String) async throws
    {
        let cookie = try await Self.cookie(listen: Self.trusting, [("X-Forwarded-Proto", word)])
        #expect(cookie.hasSuffix("; Secure"))
    }

    @Test(arguments: ["http", "https, http"])
    func `the cookie of a page is for plain HTTP too where that is what the proxy says`(word: String) async throws {
        let cookie = try await Self.cookie(listen: Self.trusting, [("X-Forwarded-Proto", word)])
        #expect(!cookie.contains("Secure"))
    }

    @Test func `nobody else is believed`() async throws {
        let cookie = try await Self.cookie(listen: "127.0.0.1:0", [("X-Forwarded-Proto", "https")])
        #expect(!cookie.contains("Secure"))
    }
}
