internal import GatewayKit
internal import GatewayPolicy
internal import GatewayTesting
internal import L402
internal import Lightning
internal import Standard
internal import Stores

/// What it takes to find a request's route among so many, and to read the policy that names them. Runs in this process:
/// nothing is sent.
struct RouteScenario: Scenario {
    private static let passes = 20

    let mix: RouteMix
    private var plan: Plan?

    init(count: Int) {
        mix = RouteMix(count: count)
    }

    static let all = [RouteScenario(count: 10), RouteScenario(count: 1_000), RouteScenario(count: 10_000)]

    var title: String { "\(mix.count) routes" }
    var programs: [Program] { [.sluice] }

    mutating func prepare(on bench: Workbench) throws {
        let plan = try load()
        guard mix.hits.allSatisfy({ plan.route(for: $0) != nil }) else {
            throw BenchFailure("a request finds no route")
        }
        guard mix.misses.allSatisfy({ plan.route(for: $0) == nil }) else {
            throw BenchFailure("a request finds a route that is none of its")
        }
        self.plan = plan
    }

    func measure(_ program: Program, on bench: Workbench) throws -> Sample {
        guard let plan else { throw BenchFailure("the policy was not loaded") }
        let clock = ContinuousClock()
        let loading = try clock.measure { _ = try load() }
        let (hits, misses) = (mix.hits, mix.misses)
        return [
            .matchTime: Self.time(of: hits, in: plan),
            .missTime: Self.time(of: misses, in: plan),
            .loadTime: loading.milliseconds,
        ]
    }

    /// Nanoseconds for each.
    private static func time(of requests: [RequestHead], in plan: Plan) -> Double {
        var found = 0
        let time = ContinuousClock().measure {
            for _ in 0..<passes {
                for request in requests where plan.route(for: request) != nil { found += 1 }
            }
        }
        // Keeps the result in use.
        precondition(found <= passes * requests.count)
        return time.microseconds * 1_000 / Double(passes * requests.count)
    }

    private func load() throws -> Plan {
        var registry = Registry()
        registry.add(AuthStage.self)
        registry.add(CaveatsStage.self)
        registry.add(RateLimitStage.self)
        registry.add(PriceStage.self)
        registry.add(ForwardStage.self)
        registry.add(L402Scheme.self)
        registry.add(ExpiryVerifier.self)
        registry.add(ServiceVerifier.self)
        registry.add(StaticPricer.self)
        registry.add(DevNode.self)
        registry.add(MemoryStore.self)
        let loader = PolicyLoader(services: .example(registry: registry), environment: { _ in nil })
        switch loader.load(text: mix.policy, named: "routes.yaml") {
        case .plan(let plan): return plan
        case .mistakes(let mistakes): throw BenchFailure("the policy has mistakes: \(mistakes.prefix(3))")
        }
    }
}
