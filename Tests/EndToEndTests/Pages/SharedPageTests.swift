import Foundation
import GatewayKit
import L402
import MPP
import NIOHTTP1
import Testing

/// A page whose invoice is offered to a charge as well.
struct SharedPageTests {
    private static let browser = ("Accept", "text/html")

    /// A page that was paid for: the cookie that opens its route, and the charge of the same payment.
    private static func paidPage(_ gateway: TestGateway) async throws -> (cookie: String, charge: PaymentCredential) {
        let page = try await gateway.request("/both", [browser])
        let start = try #require(page.body.range(of: "data-key=\""))
        let key = String(page.body[start.upperBound...].prefix { $0 != "\"" })
        let charge = try await gateway.paid(try #require(page.payments.first))
        let paid = try await gateway.request(PageKey.path, method: .POST, body: key)
        let cookie = try #require(paid.headers["set-cookie"].first)
        return (String(cookie.prefix { $0 != ";" }), charge)
    }

    @Test func `that was let in is no charge any more`() async throws {
        try await TestGateway.withPayments { gateway in
            let (cookie, charge) = try await Self.paidPage(gateway)
            for _ in 0..<2 {
                expectStatus(200, try await gateway.request("/both", [("Cookie", cookie)]))
            }
            expectStatus(402, try await gateway.present(charge, "/both"))
        }
    }

    @Test func `whose payment a charge took is not let in`() async throws {
        try await TestGateway.withPayments { gateway in
            let (cookie, charge) = try await Self.paidPage(gateway)
            expectStatus(200, try await gateway.present(charge, "/both"))
            expectStatus(402, try await gateway.request("/both", [("Cookie", cookie)]))
        }
    }
}
