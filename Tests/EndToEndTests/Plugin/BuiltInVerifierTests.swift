import GatewayKit
import GatewayTesting
import HTTPTypes
import Logging
import Testing
import sluice

/// Every caveat verifier that is built in keeps the promises of one. A new one gets its examples here.
struct BuiltInVerifierTests {
    private struct Examples {
        var settings: Any?
        let values: [String]
        let exchanges: [Exchange]
    }

    private static let time = ManualTime()
    private static let registry = LoadedPolicy.services(
        dataFolder: "",
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ).registry
    private static let words = registry.verifiers.keys.sorted()

    private static func clients(_ addresses: String?...) -> [Exchange] {
        addresses.map { .example(client: Client(address: $0.flatMap { IPAddress($0) })) }
    }

    /// A request with a credential that was sold for a service.
    private static func sold(for service: String, on route: String) -> Exchange {
        let exchange = Exchange.example(route: Route(name: route, stages: []))
        exchange.credential = Credential(
            scheme: "l402",
            id: CredentialID(.zero),
            payment: PaymentHash(.zero),
            caveats: [Caveat(condition: "services", value: "\(service):0")]
        )
        return exchange
    }

    private static func examples(of word: String) -> Examples? {
        switch word {
        case "address":
            Examples(
                values: ["10.0.0.0/8", "10.1.0.0/16", "192.0.2.1,::1", "::/0"],
                exchanges: clients("10.1.2.3", "192.0.2.1", "2001:db8::1", "::1", nil)
            )
        case "capabilities":
            Examples(
                settings: ["read", "write"],
                values: ["read", "read,write", "write,read,admin", ""],
                exchanges: [sold(for: "quotes", on: "quotes")]
            )
        case "expires":
            Examples(
                values: [Int64(-1_000), 0, 1, 1_000].map { "\(time.now.seconds + $0)" },
                exchanges: [sold(for: "quotes", on: "quotes")]
            )
        case "expression":
            Examples(
                settings: ["condition": "plan", "allow": "request.headers['x-plan'] in caveat.list"],
                values: ["gold", "gold,silver", "silver,free"],
                exchanges: ["gold", "silver", "none"].map { .example(.example(fields: [("X-Plan", $0)])) }
            )
        case "method":
            Examples(
                values: ["GET", "GET,HEAD", "POST", "HEAD,POST"],
                exchanges: ([.get, .head, .post, .delete] as [HTTPRequest.Method]).map { .example(.example($0)) }
            )
        case "origin":
            Examples(
                settings: ["countries": "countries.csv", "networks": ["office": "office.txt"]],
                values: ["DE", "DE,AT", "office", "office,AT"],
                exchanges: clients("192.0.2.1", "198.51.100.1", "203.0.113.1", "10.0.0.1", nil)
            )
        case "path":
            Examples(
                values: ["/", "/*", "/a", "/a/*", "/a/b/*"],
                exchanges: ["/", "/a", "/a/b", "/a/b/c", "/ab"].map { .example(.example(.get, $0)) }
            )
        case "service":
            Examples(
                values: ["quotes:0", "quotes:0,other:0", "other:0", "quotes:1"],
                exchanges: [sold(for: "quotes", on: "quotes"), sold(for: "quotes", on: "other")]
            )
        case "spend-limit":
            Examples(settings: "10 sat", values: ["5 sat", "10 sat", "20 sat"], exchanges: [.example()])
        case "time-of-day":
            Examples(
                settings: "Europe/Berlin",
                values: ["00:00-02:00", "22:00-06:00", "08:00-18:00", "01:00-01:30"],
                exchanges: [.example()]
            )
        default:
            nil
        }
    }

    private static let files = [
        "countries.csv": "192.0.2.0/24,DE\n198.51.100.0/24,AT\n", "office.txt": "203.0.113.0/24\n",
    ]

    @Test(arguments: words)
    func `a verifier that is built in keeps a verifier's promises`(_ word: String) throws {
        let type = try #require(Self.registry.verifiers[word])
        let examples = try #require(Self.examples(of: word), "'\(word)' has no examples here")
        let settings = ExampleSettings(examples.settings, files: Self.files)
        let services = Services.example(time: Self.time.source, route: "quotes")
        let verifier = settings.make(word: word) { try type.init(from: &$0, services) as any CaveatVerifier }
        #expect(settings.messages == [])
        try CaveatVerifierConformance(
            #require(verifier),
            values: examples.values,
            exchanges: examples.exchanges
        ).run()
    }
}
