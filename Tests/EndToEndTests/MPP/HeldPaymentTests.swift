import Foundation
import GatewayKit
import GatewayPolicy
import GatewayTesting
import MPP
import NIOHTTP1
import Testing
import sluice

/// A page of a route that charges on success, with a node that can hold payments.
@Suite struct `A payment for a page that is charged on success` {
    private struct Page {
        let key: String
        let invoice: String
        let payment: PaymentHash
    }

    private static func page(_ path: String, _ gateway: TestGateway) async throws -> Page {
        let answer = try await gateway.request(path, [("Accept", "text/html")])
        let start = try #require(answer.body.range(of: "data-key=\""))
        let request = try #require(answer.payments.first).requestObject()
        let hash = try #require(request["methodDetails"]?["paymentHash"]?.text)
        return Page(
            key: String(answer.body[start.upperBound...].prefix { $0 != "\"" }),
            invoice: try #require(request["methodDetails"]?["invoice"]?.text),
            payment: PaymentHash(try #require(Bytes32(hex: hash)))
        )
    }

    /// Claims for a page until its payment is there.
    private static func cookie(of page: Page, _ gateway: TestGateway) async throws -> String {
        for _ in 0..<1_000 {
            let answer = try await gateway.request(PageKey.path, method: .POST, body: page.key)
            if let cookie = answer.headers["set-cookie"].first { return String(cookie.prefix { $0 != ";" }) }
        }
        throw ConformanceFailure("the page was not let in")
    }

    @Test func `is held until the upstream has served it, and is then taken`() async throws {
        try await TestGateway.withPayments { gateway in
            let page = try await Self.page("/lenient/echo", gateway)
            let paying = Task { try await gateway.pay(page.invoice) }
            let cookie = try await Self.cookie(of: page, gateway)
            let state = try await gateway.policy.plan.lightning.invoiceState(page.payment)
            #expect(state == .held)
            expectStatus(200, try await gateway.request("/lenient/echo", [("Cookie", cookie)]))
            _ = try await paying.value
            expectStatus(402, try await gateway.request("/lenient/echo", [("Cookie", cookie)]))
        }
    }

    @Test func `goes back to its payer when the upstream has not served it`() async throws {
        try await TestGateway.withPayments { gateway in
            let page = try await Self.page("/lenient/status/404", gateway)
            let paying = Task { try await gateway.pay(page.invoice) }
            let cookie = try await Self.cookie(of: page, gateway)
            expectStatus(404, try await gateway.request("/lenient/status/404", [("Cookie", cookie)]))
            await #expect(throws: (any Error).self) { try await paying.value }
            expectStatus(402, try await gateway.request("/lenient/status/404", [("Cookie", cookie)]))
        }
    }
}
