import GatewayKit
import GatewayTesting
import Tenant
import Testing

struct TenantCaveatTests {
    private func verifier() throws -> TenantCaveat {
        try #require(ExampleSettings().make { TenantCaveat(from: &$0, .example()) })
    }

    private func exchange(_ names: String...) -> Exchange {
        .example(.example(fields: names.map { ("X-Tenant", $0) }))
    }

    @Test func `a request is permitted when the caveat has its name`() throws {
        let caveat = Caveat(condition: "tenant", value: "acme,other")
        #expect(try verifier().allows(caveat, exchange("acme")))
        #expect(try !verifier().allows(caveat, exchange("somebody")))
        #expect(try !verifier().allows(caveat, exchange("acme", "somebody")))
        #expect(try !verifier().allows(caveat, exchange()))
    }

    @Test(arguments: CaveatVerifierConformance.Check.allCases)
    func `it keeps a verifier's promises`(_ check: CaveatVerifierConformance.Check) throws {
        try CaveatVerifierConformance(
            verifier(),
            values: ["acme", "other", "acme,other", "acme,other,third"],
            exchanges: [exchange("acme"), exchange("other"), exchange("somebody"), exchange()]
        ).run(check)
    }
}
