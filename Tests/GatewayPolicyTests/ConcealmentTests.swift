import GatewayKit
import GatewayPolicy
import GatewayTesting
import Testing

struct ConcealmentTests {
    /// A second scheme, whose credential is a field of its own.
    private struct TicketScheme: AuthScheme, Plugin {
        static let word = "ticket"

        init(from settings: inout PolicyReader, _ services: Services) throws {}

        static func conceal(in exchange: Exchange) {
            if let name = FieldName("x-ticket") { exchange.edits.remove(name, of: exchange.request) }
        }
        func credential(in exchange: Exchange) throws -> Eventually<Credential?> { .now(nil) }
        func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge> {
            .now(Challenge(lines: []))
        }
        func challenge(in exchange: Exchange) -> Challenge { Challenge(lines: []) }
    }

    /// Which lines are kept from the upstream once the first stages of the route have run.
    private func removed(
        _ pipeline: String,
        _ fields: [(String, String)],
        after count: Int = .max
    ) throws -> [Bool] {
        var registry = Registry.standIns
        registry.add(TicketScheme.self)
        let text = """
            version: 1
            upstreams: { quotes: { url: http://127.0.0.1:9001 } }
            routes:
              - { name: a, match: {}, pipeline: [\(pipeline) { forward: quotes }] }
            """
        let files = MemoryFiles(["policy.yaml": text])
        let loader = PolicyLoader(services: .example(registry: registry), environment: { _ in nil }, files: files)
        let plan = try #require(loader.load("policy.yaml").plan)
        let request = RequestHead.example(fields: fields)
        let exchange = Exchange.example(request, route: try #require(plan.route(for: request)))
        for stage in exchange.route.stages.prefix(count) {
            _ = try stage.admit(exchange)
        }
        return fields.indices.map { exchange.edits.isRemoved(line: $0 + 1) }
    }

    @Test(arguments: ["", "{ auth: l402 }, { caveats: [service] },", "{ auth: ticket }, { caveats: [service] },"])
    func `credentials of every scheme are kept from the upstream, whatever the route accepts`(_ steps: String) throws {
        let fields = [("Authorization", "L402 a:b"), ("X-Other", "c"), ("X-Ticket", "d")]
        #expect(try removed(steps, fields) == [true, false, true])
    }

    @Test func `no stage of the policy, which may show the request to others, comes before that`() throws {
        let fields = [("Authorization", "L402 a:b"), ("X-Ticket", "d")]
        #expect(try removed("{ auth: l402 }, { caveats: [service] },", fields, after: 1) == [true, true])
    }

    @Test func `the plan shows the stages that the policy names and no other`() throws {
        let plan = try #require(
            PolicyLoader.outcome(of: "version: 1\nroutes: [{ name: a, match: {}, pipeline: [respond] }]\n").plan
        )
        #expect(plan.routes.first?.stages.map(\.word) == ["respond"])
    }
}
