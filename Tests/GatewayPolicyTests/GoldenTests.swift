import Foundation
import GatewayKit
import GatewayPolicy
import Testing

/// Policies, and what becomes of each: `Golden/*.policytest`.
///
/// Above the dashes stands `policy.yaml`; a line `=== name` begins another file, and `=== name (Latin-1)` one in that encoding.
/// With a file `folder/...` among them, that folder is loaded instead. Below stand the plan and its warnings, or the mistakes. `SLUICE_UPDATE_GOLDEN=1 swift test`
/// writes what comes out now into the files, and fails. Those whose names begin with `full-` show each value of the plan, too.
struct GoldenTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    private static let separator = "----------"
    private static let latinMark = " (Latin-1)"

    static let names: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { $0.hasSuffix(".policytest") }.sorted()
    }()

    @Test func `there are golden files`() {
        #expect(Self.names.count > 40)
    }

    @Test(arguments: names)
    func `a policy becomes the plan or the mistakes that its file shows`(_ name: String) throws {
        let url = Self.folder.appending(path: name)
        let text = try String(contentsOf: url, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let middle = lines.firstIndex(of: Self.separator) ?? lines.count
        let expected = lines.dropFirst(middle + 1).joined(separator: "\n").trimmingCharacters(in: .newlines)
        let actual = Self.outcome(of: Self.files(in: lines[..<middle]), isFull: name.hasPrefix("full-"))
        if ProcessInfo.processInfo.environment["SLUICE_UPDATE_GOLDEN"] == "1", actual != expected {
            let new = (lines[..<middle] + [Self.separator, actual, ""]).joined(separator: "\n")
            try new.write(to: url, atomically: true, encoding: .utf8)
            Issue.record("\(name) was rewritten: read the difference, and run again without SLUICE_UPDATE_GOLDEN")
            return
        }
        #expect(actual == expected)
    }

    @Test func `the golden files are not being rewritten`() {
        #expect(ProcessInfo.processInfo.environment["SLUICE_UPDATE_GOLDEN"] == nil)
    }

    private static func files(in lines: ArraySlice<String>) -> MemoryFiles {
        var texts = [String: String]()
        var latin = [String]()
        var name = "policy.yaml"
        for line in lines {
            if line.hasPrefix("=== ") {
                name = String(line.dropFirst(4))
                if name.hasSuffix(latinMark) {
                    name = String(name.dropLast(latinMark.count))
                    latin.append(name)
                }
                texts[name] = texts[name] ?? ""
            } else {
                texts[name, default: ""] += line + "\n"
            }
        }
        var files = MemoryFiles(texts)
        for name in latin {
            files.files[name] = texts[name]?.data(using: .isoLatin1).map(Array.init)
        }
        return files
    }

    private static func outcome(of files: MemoryFiles, isFull: Bool) -> String {
        let environment = ["SLUICE_EXAMPLE": "from the environment", "SLUICE_EMPTY": ""]
        let isFolder = files.files.keys.contains { $0.hasPrefix("folder/") }
        let loader = PolicyLoader.example(files, environment: environment)
        switch loader.load(isFolder ? "folder" : "policy.yaml") {
        case .plan(let plan):
            let warnings = plan.warnings.map(\.warningDescription)
            let values = isFull ? ["", PlanValues(plan).text()] : []
            return ([PlanTable(plan).text()] + values + (warnings.isEmpty ? [] : [""]) + warnings).joined(
                separator: "\n"
            )
        case .mistakes(let mistakes):
            return mistakes.map(\.description).joined(separator: "\n")
        }
    }
}
