import GatewayKit
import GatewayTesting
import Standard
import Testing

struct StageConformanceTests {
    private static func make(
        _ word: String,
        _ value: Any?,
        _ make: (inout PolicyReader, Services) throws -> any StagePlugin
    ) throws -> any StagePlugin {
        var registry = ExampleSchemes.registry
        registry.add(PathCaveat.self)
        let services = Services.example(
            registry: registry,
            time: ManualTime().source,
            lightning: ExampleNode(),
            upstreams: ["quotes": Upstream(name: "quotes", host: "127.0.0.1", port: 9001)]
        )
        let settings = ExampleSettings(value)
        let stage = settings.make(word: word) { try make(&$0, services) }
        #expect(settings.messages == [])
        return try #require(stage)
    }

    private static let stages: [@Sendable () throws -> any StagePlugin] = [
        { try make("auth", ["first", "second"]) { try AuthStage(from: &$0, $1) } },
        { try make("caveats", ["path"]) { try CaveatsStage(from: &$0, $1) } },
        { try make("rate-limit", "3/s") { try RateLimitStage(from: &$0, $1) } },
        { try make("price", "10 sat") { try PriceStage(from: &$0, $1) } },
        { try make("cors", ["https://a.example"]) { try CORSStage(from: &$0, $1) } },
        { try make("forward", ["to": "quotes", "strip": "/a", "host": "b"]) { try ForwardStage(from: &$0, $1) } },
        { try make("respond", "hello") { try RespondStage(from: &$0, $1) } },
        {
            try make("headers", ["request": ["set": ["A": "b"]], "response": ["remove": ["C"]]]) {
                try HeadersStage(from: &$0, $1)
            }
        },
    ]

    @Test(arguments: Self.stages.indices, StageConformance.Check.allCases)
    func `keeps a stage's promises`(_ index: Int, _ check: StageConformance.Check) async throws {
        try await StageConformance(makeStage: Self.stages[index]).run(check)
    }

    @Test func `a stage that forwards from the middle does not conform`() async {
        struct Early: StagePlugin {
            static let word = "early"
            let summary = ""
            init() {}
            init(from settings: inout PolicyReader, _ services: Services) throws {}
            func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
                .now(.forward(Upstream(name: "a", host: "b", port: 1)))
            }
        }
        await #expect(throws: ConformanceFailure.self) {
            try await StageConformance { Early() }.run(.decisionsSuitThePlace)
        }
    }
}
