import GatewayKit
import GatewayPolicy
import HTTPTypes
import GatewayTesting
import Testing

struct CompositionTests {
    private static let policy = """
        version: 1
        listen:
          - 127.0.0.1:8402
          - { address: 127.0.0.1:8403, defaults: { rate-limit: { burst: 3 } } }
        defaults: { rate-limit: { limit: 1/s, burst: 9 } }
        routes:
          - { name: a, match: { path: /a }, pipeline: [rate-limit, respond] }
        """

    /// What `rate-limit` says of itself on the routes of a listener.
    private static func limit(_ plan: Plan, ofListener index: Int) -> String? {
        let route = plan.routing(ofListener: index).route(for: .example(.get, "/a"))
        return (route?.stages.first { $0 is RateLimitStage } as? RateLimitStage)?.summary
    }

    @Test func `a listener with defaults has routes of its own`() throws {
        let plan = try #require(PolicyLoader.outcome(of: Self.policy).plan)
        #expect(Self.limit(plan, ofListener: 0) == "1/s burst 9 per token")
        #expect(Self.limit(plan, ofListener: 1) == "1/s burst 3 per token")
        #expect(plan.routes.count == 1)
    }

    @Test func `a listener without defaults shares the routes of the plan`() throws {
        let plan = try #require(PolicyLoader.outcome(of: Self.policy).plan)
        #expect(plan.routing(ofListener: 0) as? Plan === plan)
    }

    @Test func `a mistake in routes of two listeners is told once`() {
        let text = Self.policy.replacing("limit: 1/s", with: "limit: 1/sec")
        #expect(PolicyLoader.outcome(of: text).mistakes.count == 1)
    }

    @Test func `the form for programs holds each value and what it overrode`() throws {
        let text = Self.policy.replacing("[rate-limit,", with: "[{ rate-limit: { burst: 2 } },")
        let plan = try #require(PolicyLoader.outcome(of: text).plan)
        let json = PlanTable(plan).json(isFull: true)
        #expect(json.contains("\"origin\" : \"default of the policy\""))
        #expect(json.contains("\"key\" : \"burst\""))
        #expect(json.contains("\"place\" : \"policy.yaml:5:34\""))
        #expect(!PlanTable(plan).json().contains("\"origin\""))
    }

    @Test func `a long chain of pipelines is refused before it is followed to its end`() {
        let chain = (0..<300).map { "  p\($0): [use: p\($0 + 1)]" } + ["  p300: [respond]"]
        let text = "version: 1\npipelines:\n\(chain.joined(separator: "\n"))\nroutes:\n"
        let mistakes = PolicyLoader.outcome(of: text + "  - { name: a, match: {}, pipeline: [respond] }\n").mistakes
        #expect(mistakes.map(\.rule).contains(.tooLarge))
    }

    @Test func `every mistake has a rule, and warnings are told beside mistakes`() {
        let files = MemoryFiles(["policy.yaml": "version: 2\npipelines: { a: [respond] }\nroutes: []\n"])
        let (outcome, warnings) = PolicyLoader.example(files).check("policy.yaml")
        #expect(outcome.mistakes.map(\.rule) == [.version])
        #expect(warnings.map(\.rule) == [.unusedPipeline])
    }
}
