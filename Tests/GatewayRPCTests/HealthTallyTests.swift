import GatewayRPC
import Testing

struct HealthTallyTests {
    /// `+` serves, `-` does not: two failures make an address unhealthy, three answers healthy again.
    @Test(arguments: [
        ("", true), ("-", true), ("--", false), ("-+-", true), ("--+", false), ("--++", false), ("--+++", true),
        ("--++-+++", true), ("--++-++", false), ("--+++-", true), ("--+++--", false),
    ])
    func `findings in a row change what is known`(_ findings: String, _ isHealthy: Bool) {
        var settings = HealthSettings()
        settings.unhealthyCount = 2
        settings.healthyCount = 3
        var tally = HealthTally(settings)
        for finding in findings { tally.note(finding == "+") }
        #expect(tally.isHealthy == isHealthy)
    }
}
