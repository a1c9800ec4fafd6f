import Foundation
import GatewayKit
import Testing

/// The code, the list in the documentation and the golden files know the same rules.
@Suite struct `The rules of a policy` {
    private static let article = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Sources/GatewayKit/GatewayKit.docc/RulesOfAPolicy.md").standardizedFileURL

    /// A row of the list: `| `id` | kind | what it asks for |`.
    private struct Row {
        let rule: String
        let kind: String
    }

    private static func rows() throws -> [Row] {
        try String(contentsOf: article, encoding: .utf8).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 3, cells[0].hasPrefix("`"), cells[0].hasSuffix("`") else { return nil }
            return Row(rule: String(cells[0].dropFirst().dropLast()), kind: cells[1])
        }
    }

    @Test func `are listed once each`() throws {
        let rows = try Self.rows().map(\.rule)
        #expect(rows.sorted() == PolicyRule.allCases.map(\.rawValue).sorted())
    }

    @Test func `are listed as what they are`() throws {
        for row in try Self.rows() {
            let rule = try #require(PolicyRule(rawValue: row.rule))
            let kind = (rule.isMistake ? "mistake" : "warning") + (rule.mayBeAllowed ? ", may be allowed" : "")
            #expect(row.kind == kind, "\(row.rule)")
        }
    }

    @Test func `have a golden file each`() {
        let names = GoldenPolicy.names(in: "Rules")
        #expect(names == PolicyRule.allCases.map { "Rules/\($0.rawValue).policytest" }.sorted())
    }

    @Test(arguments: PolicyRule.allCases)
    func `are what their golden files break, and nothing else`(_ rule: PolicyRule) throws {
        let findings = try GoldenPolicy("Rules/\(rule.rawValue).policytest").findings()
        #expect(findings.contains { $0.rule == rule })
        #expect(Set(findings.map(\.rule)).count <= 2, "\(findings)")
    }

    @Test(arguments: PolicyRule.allCases.filter(\.mayBeAllowed))
    func `that may be allowed are told no more where they are`(_ rule: PolicyRule) throws {
        let policy = try GoldenPolicy("Rules/\(rule.rawValue).policytest")
        let findings = try policy.findings(allowing: rule)
        #expect(!findings.contains { $0.rule == rule })
        #expect(!findings.contains { $0.rule == .allowOfNothing })
    }
}

@Suite struct `The money lint` {
    @Test func `has thirty leaks to find`() {
        #expect(GoldenPolicy.names(in: "Leaks").count >= 30)
    }

    @Test(arguments: GoldenPolicy.names(in: "Leaks"))
    func `finds a leak`(_ name: String) throws {
        let rules: Set<PolicyRule> = [
            .freeShadow, .otherSpelling, .otherMethod, .otherHost, .otherPath, .callsAround, .cheapToken, .cheapTier,
            .otherTerms, .unverifiedCaveat, .uncheckedCaveats, .unboundedMeter, .noRateLimit, .authWithoutPrice,
        ]
        let findings = try GoldenPolicy(name).findings()
        #expect(findings.contains { rules.contains($0.rule) })
    }

    @Test(arguments: GoldenPolicy.names(in: "Clean"))
    func `finds none where there is none`(_ name: String) throws {
        let findings = try GoldenPolicy(name).findings()
        #expect(findings == [])
    }
}
