import Foundation
import GatewayKit
import GatewayPolicy
import Logging
import Testing
import sluice

/// What `sluice plan` tells programs of the ways to be let through.
struct PlanDocumentTests {
    private struct Document: Decodable {
        struct Route: Decodable {
            let name: String
            let schemes: [Scheme]?
        }

        let routes: [Route]
    }

    private struct Scheme: Decodable, Equatable {
        let word: String
        var summary: String?
        var price: String?
        var tier: Int?
    }

    @Test func `schemes stand with their prices and tiers, free ones with what they ask for`() async throws {
        let routes = """
              - name: gold
                service: data
                match: { path: /gold }
                pipeline:
                  - auth: [{ use: l402, tier: 2 }, mpp, free-quota: { 10/day }, pow: 20]
                  - caveats: service
                  - rate-limit: 1000/s
                  - price: 10 sat
                  - forward: echo
              - name: members
                service: data
                match: { path: /members }
                pipeline: [ auth: { use: l402, tier: 2 }, caveats: service, forward: echo ]
              - name: open
                match: { path: /open }
                pipeline: [ rate-limit: 1000/s, forward: echo ]
            """
        try await TestGateway.with(routes: routes) { gateway in
            let text = PlanTable(gateway.policy.plan).json()
            let document = try JSONDecoder().decode(Document.self, from: Data(text.utf8))
            #expect(
                document.routes.map(\.schemes) == [
                    [
                        Scheme(word: "l402", summary: "tier 2", price: "10 sat", tier: 2),
                        Scheme(word: "mpp", price: "10 sat", tier: 0),
                        Scheme(word: "free-quota", summary: "10/day per address block"),
                        Scheme(word: "pow", summary: "20 bits"),
                    ],
                    [Scheme(word: "l402", summary: "tier 2")],
                    nil,
                ]
            )
        }
    }
}
