import GRPCPricer
import GatewayKit
import GatewayPolicy
import Testing
import sluice

/// Policies that ask price servers, where nobody is asked.
struct ScriptedPriceTests {
    private static let policy = """
        version: 1
        lightning: { use: dev, listen: 127.0.0.1:2 }
        upstreams: { back: { url: http://127.0.0.1:9 } }
        pipelines:
          sold:
            - auth: { use: l402, valid-for: 1h }
            - caveats: [service, expires]
            - rate-limit: 1000/s
        routes:
          - name: plain
            match: { path: /plain }
            pipeline:
              - use: sold
              - price: { use: grpc, address: 127.0.0.1:1, max: 100 sat, cache: 5s, stale-if-error: 1m }
              - forward: back
          - name: fallback
            match: { path: /fallback }
            pipeline: [ use: sold, price: { use: grpc, address: 127.0.0.1:1, fallback: 20 sat }, forward: back ]
          - name: free
            match: { path: /free }
            pipeline: [ use: sold, price: { use: grpc, address: 127.0.0.1:1, fallback: free }, forward: back ]
        """

    private func failures(_ steps: String) async throws -> [String] {
        let tests = "tests:\n  - name: a\n    steps:\n" + steps
        let report = try await TestSuite(policy: Self.policy, tests: tests).report()
        return report.results.flatMap(\.failures).map(\.description)
    }

    @Test func `what a server answers is said by the test, and the policy makes of it what it would`() async throws {
        let found = try await failures(
            """
                  - { request: GET http://h/plain, expect: { status: 503, stage: price, headers: { retry-after: "5" } } }
                  - { request: GET http://h/plain, pricer: 10 sat, expect: { status: 402, price: 10 sat } }
                  - { request: GET http://h/fallback, expect: { status: 402, price: 10 sat } }
                  - { request: GET http://h/fallback, pricer: refused, expect: { status: 402, price: 20 sat } }
                  - { request: GET http://h/free, expect: { status: 200, upstream: back } }
                  - { request: GET http://h/free, pricer: wrong, expect: 503 }
                  - { request: GET http://h/free, pricer: 5 sat, credential: l402, expect: 200 }
                  - { request: "GET http://h/plain?a", pricer: 0 sat, expect: { status: 200, upstream: back } }
                  - { request: "GET http://h/plain?b", pricer: 101 sat, expect: 503 }
            """
        )
        #expect(found == [])
    }

    @Test func `prices are kept by the clock of the test`() async throws {
        let found = try await failures(
            """
                  - { request: GET http://h/plain, pricer: 10 sat, expect: { status: 402, price: 10 sat } }
                  - { request: GET http://h/plain, pricer: 11 sat, expect: { status: 402, price: 10 sat } }
                  - { advance: 5s }
                  - { request: GET http://h/plain, expect: { status: 402, price: 11 sat } }
                  - { advance: 6s }
                  - { request: GET http://h/plain, pricer: down, expect: { status: 402, price: 11 sat } }
                  - { advance: 1m }
                  - { request: GET http://h/plain, pricer: slow, expect: 503 }
            """
        )
        #expect(found == [])
    }

    @Test func `explain says what became of the question`() async throws {
        try await TrialPolicy.with(Self.policy) { gateway in
            gateway.prices.script(.satoshis(101))
            let document = try await Explainer(gateway).explanation(of: TrialPolicy.request("/plain"))
            let inputs = document.stages.last?.inputs.map { "\($0.name): \($0.value)" }
            #expect(
                inputs == ["price server: the price server wants 101 sat, and 'max' is 100 sat; the request is refused"]
            )
        }
    }

    @Test func `a plan shows whom a route asks`() async throws {
        try await TrialPolicy.with(Self.policy) { gateway in
            let stage = gateway.planned("fallback")?.stages.first { $0.word == "price" }
            #expect(stage?.summary == "grpc 127.0.0.1:1, at most 1000000 sat, else 20 sat")
        }
    }
}
