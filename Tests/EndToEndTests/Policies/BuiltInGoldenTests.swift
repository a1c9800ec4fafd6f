import Foundation
import GatewayKit
import GatewayPolicy
import Logging
import NIOConcurrencyHelpers
import Testing
import sluice

/// Policies, and what the plugins that are built in make of each: `Golden/*.policytest`.
///
/// Above the dashes stands the policy, below the plan and its warnings, or the mistakes. `SLUICE_UPDATE_GOLDEN=1 swift test`
/// writes what comes out now into the files, and fails. The rules of the loader itself have theirs in GatewayPolicyTests.
struct BuiltInGoldenTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    private static let separator = "----------"

    static let names: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { $0.hasSuffix(".policytest") }.sorted()
    }()

    @Test func `there are golden files`() {
        #expect(Self.names.count > 20)
    }

    @Test(arguments: names)
    func `a policy becomes the plan or the mistakes that its file shows`(_ name: String) throws {
        let url = Self.folder.appending(path: name)
        let lines = try String(contentsOf: url, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let middle = lines.firstIndex(of: Self.separator) ?? lines.count
        let policy = lines[..<middle].joined(separator: "\n")
        let expected = lines.dropFirst(middle + 1).joined(separator: "\n").trimmingCharacters(in: .newlines)
        let actual = try Self.outcome(of: policy)
        if ProcessInfo.processInfo.environment["SLUICE_UPDATE_GOLDEN"] == "1", actual != expected {
            let new = [policy, Self.separator, actual, ""].joined(separator: "\n")
            try new.write(to: url, atomically: true, encoding: .utf8)
            Issue.record("\(name) was rewritten: read the difference, and run again without SLUICE_UPDATE_GOLDEN")
            return
        }
        #expect(actual == expected)
    }

    private static func outcome(of text: String) throws -> String {
        let heard = NIOLockedValueBox(PolicyOutcome.mistakes([]))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        // Loads as `sluice check` does. What is taken out here is not printed there.
        #expect(throws: (any Error).self) {
            _ = try LoadedPolicy(dataFolder: "data", logger: logger) { loader in
                let outcome = loader.load(text: text, named: "policy.yaml")
                heard.withLockedValue { $0 = outcome }
                return .mistakes([])
            }
        }
        switch heard.withLockedValue({ $0 }) {
        case .plan(let plan):
            let warnings = plan.warnings.map(\.warningDescription)
            return ([PlanTable(plan).text()] + (warnings.isEmpty ? [] : [""]) + warnings).joined(separator: "\n")
        case .mistakes(let mistakes):
            return mistakes.map(\.description).joined(separator: "\n")
        }
    }
}
