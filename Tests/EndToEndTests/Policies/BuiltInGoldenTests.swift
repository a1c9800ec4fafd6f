import Foundation
import GatewayKit
import GatewayPolicy
import Testing

/// Policies, and what the plugins that are built in make of each: `Golden/*.policytest`.
///
/// `SLUICE_UPDATE_GOLDEN=1 swift test` writes what comes out now into the files, and fails. The rules of the loader itself have theirs in
/// GatewayPolicyTests.
struct BuiltInGoldenTests {
    static let names = ["", "Rules", "Leaks", "Clean"].flatMap { GoldenPolicy.names(in: $0) }

    @Test func `there are golden files`() {
        #expect(Self.names.count > 100)
    }

    @Test(arguments: names)
    func `a policy becomes the plan or the mistakes that its file shows`(_ name: String) throws {
        let policy = try GoldenPolicy(name)
        let actual = try policy.text()
        if ProcessInfo.processInfo.environment["SLUICE_UPDATE_GOLDEN"] == "1", actual != policy.expected {
            try policy.rewrite(with: actual)
            Issue.record("\(name) was rewritten: read the difference, and run again without SLUICE_UPDATE_GOLDEN")
            return
        }
        #expect(actual == policy.expected)
    }
}
