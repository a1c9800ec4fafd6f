import GatewayKit
import GatewayTesting
import HTTPTypes
import Testing

/// What the suite for caveat verifiers finds, and what it lets pass.
struct CaveatVerifierConformanceTests {
    private typealias Check = CaveatVerifierConformance.Check

    private static func run(_ verifier: any CaveatVerifier, _ check: CaveatVerifierConformance.Check) throws {
        let exchanges = ["/?0", "/?3", "/?5", "/?8", "/?12"].map { target in
            let exchange = Exchange.example(.example(.get, target))
            exchange.credential = Credential(
                scheme: "example",
                id: CredentialID(.zero),
                payment: PaymentHash(.zero),
                caveats: []
            )
            return exchange
        }
        let values = ["1", "3", "5", "7", "9", "10"]
        try CaveatVerifierConformance(verifier, values: values, exchanges: exchanges).run(check)
    }

    @Test(arguments: CaveatVerifierConformance.Check.allCases)
    func `a verifier without a mistake conforms`(_ check: CaveatVerifierConformance.Check) throws {
        try Self.run(MostVerifier(), check)
        try Self.run(BrokenVerifier(), check)
    }

    @Test(arguments: [
        ("forgets to compare", BrokenVerifier.forgetsToCompare, Check.laterOnlyNarrows),
        ("compares the wrong way", .comparesTheWrongWay, .laterOnlyNarrows),
        ("compares texts", .comparesTexts, .laterOnlyNarrows),
        ("compares neighbours alone", .comparesNeighboursAlone, .chainsOnlyNarrow),
        ("never narrows", .neverNarrows, .whatPermitsNarrowsItself),
        ("permits everything", .permitsEverything, .examplesSaySomething),
        ("covers everything", .coversEverything, .foreignCaveatsAreLeftAlone),
        ("repeats values", .repeatsValues, .rejectionsKeepValuesToThemselves),
        ("forgets", .forgets, .answersAreRepeatable),
        ("remembers", .remembers, .examplesSaySomething),
        ("grows trusting", .growsTrusting, .answersAreRepeatable),
        ("forgets", .forgets, .longerChainsPermitNoMore),
        ("takes credentials away", .takesCredentialsAway, .exchangesStayAsTheyWere),
        ("leaves facts", .leavesFacts, .exchangesStayAsTheyWere),
        ("changes what is forwarded", .changesWhatIsForwarded, .exchangesStayAsTheyWere),
    ])
    func `a broken verifier is found`(
        _ name: String,
        _ verifier: BrokenVerifier,
        _ check: CaveatVerifierConformance.Check
    ) {
        #expect(throws: ConformanceFailure.self, "\(name)") { try Self.run(verifier, check) }
    }

    @Test func `a verifier that traps ends the test's process`() async {
        await #expect(processExitsWith: .failure) {
            try CaveatVerifierConformanceTests.run(BrokenVerifier.trapsOnTexts, .hostileValuesAreAnswered)
        }
    }
}
