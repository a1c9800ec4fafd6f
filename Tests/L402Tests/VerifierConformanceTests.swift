import GatewayKit
import GatewayTesting
import L402
import Testing

/// The promises of every caveat verifier, kept by those of L402.
struct VerifierConformanceTests {
    private let time = ManualTime()

    private func made<Verifier: CaveatVerifier & Plugin>(_: Verifier.Type, _ settings: Any? = nil) throws -> Verifier {
        let services = Services.example(time: time.source, route: "quotes")
        return try #require(ExampleSettings(settings).make { try Verifier(from: &$0, services) })
    }

    /// Requests for two services, with a credential that was sold for both and with one sold for none.
    private var exchanges: [Exchange] {
        ["quotes", "other"].flatMap { service in
            ["quotes:0,other:0", ""].map { sold in
                let exchange = Exchange.example(route: Route(name: service, stages: []))
                exchange.credential = Credential(
                    scheme: "l402",
                    id: CredentialID(.zero),
                    payment: Shop.payment,
                    caveats: [Caveat(condition: "services", value: sold)]
                )
                return exchange
            }
        }
    }

    /// Requests for the service that the condition of the verifier names.
    private var ownExchanges: [Exchange] { exchanges.filter { $0.route.service == "quotes" } }

    @Test(arguments: CaveatVerifierConformance.Check.allCases)
    func `service keeps a verifier's promises`(_ check: CaveatVerifierConformance.Check) throws {
        let many = (0..<65).map { "q\($0):0" }.joined(separator: ",")
        let values = ["quotes:0", "quotes:1,other:0", "other:0", "third:0", "quotes:0,\(many)"]
        try CaveatVerifierConformance(made(ServiceVerifier.self), values: values, exchanges: exchanges).run(check)
    }

    @Test(arguments: CaveatVerifierConformance.Check.allCases)
    func `expires keeps a verifier's promises`(_ check: CaveatVerifierConformance.Check) throws {
        let values = ([-1_000, 0, 1, 1_000, 100_000] as [Int64]).map { "\(time.now.seconds + $0)" }
        try CaveatVerifierConformance(made(ExpiryVerifier.self), values: values, exchanges: ownExchanges).run(check)
    }

    @Test(arguments: CaveatVerifierConformance.Check.allCases)
    func `capabilities keeps a verifier's promises`(_ check: CaveatVerifierConformance.Check) throws {
        let many = (0..<65).map { "c\($0)" }.joined(separator: ",")
        let values = ["read", "read,write", "write", "write,read,admin", "", "read,write,\(many)"]
        let verifier = try made(CapabilitiesVerifier.self, ["read", "write"])
        try CaveatVerifierConformance(verifier, values: values, exchanges: ownExchanges).run(check)
    }
}
