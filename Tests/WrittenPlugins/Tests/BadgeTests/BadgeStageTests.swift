import Badge
import GatewayKit
import GatewayTesting
import HTTPTypes
import Testing

struct BadgeStageTests {
    private static func stage() throws -> BadgeStage {
        let settings = ExampleSettings(["field": "X-Badge"])
        return try #require(settings.make { BadgeStage(from: &$0, .example()) })
    }

    @Test func `a request without the field is refused`() throws {
        let decision = try Self.stage().decision(about: .example())
        #expect(decision?.reply?.status.code == 403)
    }

    @Test func `a request with the field goes on`() throws {
        let request = RequestHead.example(fields: [("X-Badge", "1")])
        let decision = try Self.stage().decision(about: .example(request))
        #expect(decision?.isNext == true)
    }

    @Test func `what is no name of a field is a mistake`() {
        let settings = ExampleSettings(["field": "no name"])
        _ = settings.make { BadgeStage(from: &$0, .example()) }
        let expected = "the name of a field, such as X-Badge"
        #expect(settings.messages == ["'field' should be \(expected), not 'no name'"])
    }

    @Test(arguments: StageConformance.Check.allCases)
    func `it keeps a stage's promises`(_ check: StageConformance.Check) async throws {
        try await StageConformance { try Self.stage() }.run(check)
    }
}
