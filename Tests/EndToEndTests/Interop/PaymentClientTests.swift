import GatewayKit
import GatewayTesting
import Testing

/// With pympp and l402-requests, clients of the scheme `Payment` that share no code with this one.
@Suite(
    .enabled(
        if: L402RequestsPeer.isExpected,
        "SLUICE_INTEROP_PYTHON is not set: it should be the path of a python that has pympp and l402-requests"
    )
)
struct PaymentClientTests {
    private struct Answer: Decodable {
        let statuses: [Int]
        let bodies: [String]
        let receipts: [String]
        let hashes: [String]
        let payments: Int
    }

    private func settled(_ gateway: TestGateway) async throws -> Int {
        try await gateway.store.values(withPrefix: "dev/settled/").count
    }

    @Test(arguments: ["/echo", "/both", "/reversed"])
    func `pympp pays for each request, whatever else is offered, and reads the receipts`(path: String) async throws {
        try await TestGateway.withPayments { gateway in
            let answer: Answer = try await L402RequestsPeer.run("pay_by_charge.py", gateway.url + path, gateway.node)
            #expect(answer.statuses == [200, 200])
            #expect(answer.bodies.allSatisfy { $0.hasPrefix("GET \(path)\n") && !$0.lowercased().contains("payment") })
            #expect(answer.payments == 2)
            #expect(answer.receipts == answer.hashes)
            #expect(try await settled(gateway) == 2)
        }
    }

    @Test func `pympp pays for a body, in the field that the route wants`() async throws {
        try await TestGateway.withPayments { gateway in
            for path in ["/count", "/kept"] {
                let answer: Answer = try await L402RequestsPeer.run(
                    "pay_by_charge.py",
                    gateway.url + path,
                    gateway.node,
                    "oslo"
                )
                #expect(answer.statuses == [200, 200], "\(path)")
                #expect(answer.receipts == answer.hashes)
            }
        }
    }

    @Test func `l402-requests pays for each request where there is no token to buy`() async throws {
        try await TestGateway.withPayments { gateway in
            let answer = try await L402RequestsPeer.buyAndUse("\(gateway.url)/echo", node: gateway.node)
            #expect(answer.statuses == [200, 200])
            #expect(answer.payments == 2)
            #expect(try await settled(gateway) == 2)
        }
    }

    @Test func `l402-requests buys a token where both are offered, and uses it twice`() async throws {
        try await TestGateway.withPayments { gateway in
            let answer = try await L402RequestsPeer.buyAndUse("\(gateway.url)/both", node: gateway.node)
            #expect(answer.statuses == [200, 200])
            #expect(answer.payments == 1)
            #expect(try await settled(gateway) == 1)
        }
    }
}
