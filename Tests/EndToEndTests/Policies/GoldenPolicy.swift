import Foundation
import GatewayKit
import GatewayPolicy
import Logging
import Testing
import sluice

/// A policy in a file of `Golden`, and what the plugins that are built in make of it.
///
/// Above the dashes stands `policy.yaml`; a line `=== name` begins another file, and `=== name (Latin-1)` one in that encoding. Below
/// stand the plan and its warnings, or the mistakes.
struct GoldenPolicy {
    private static let separator = "----------"
    private static let latinMark = " (Latin-1)"
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    let url: URL
    private let lines: [String]
    private let middle: Int

    /// - Parameter name: of the file, with its folder in `Golden`.
    init(_ name: String) throws {
        url = Self.folder.appending(path: name)
        lines = try String(contentsOf: url, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        middle = lines.firstIndex(of: Self.separator) ?? lines.count
    }

    /// The files of a folder in `Golden`, in the order of their names, as `init` takes them.
    static func names(in folder: String = "") -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: folder).path)
        return (names ?? []).filter { $0.hasSuffix(".policytest") }.sorted().map {
            folder.isEmpty ? $0 : "\(folder)/\($0)"
        }
    }

    var expected: String {
        lines.dropFirst(middle + 1).joined(separator: "\n").trimmingCharacters(in: .newlines)
    }

    func rewrite(with actual: String) throws {
        let new = (lines[..<middle] + [Self.separator, actual, ""]).joined(separator: "\n")
        try new.write(to: url, atomically: true, encoding: .utf8)
    }

    /// Loads as `sluice check` does.
    ///
    /// - Parameter allowed: a rule that the policy allows beside; `nil`: none.
    func outcome(allowing allowed: PolicyRule? = nil) throws -> (outcome: PolicyOutcome, warnings: [PolicyMistake]) {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let services = LoadedPolicy.services(dataFolder: "data", logger: logger)
        let loader = LoadedPolicy.loader(services, files(allowing: allowed))
        return loader.inspecting(with: StandInInspection()).check("policy.yaml")
    }

    /// Everything that was told.
    func findings(allowing allowed: PolicyRule? = nil) throws -> [PolicyMistake] {
        let (outcome, warnings) = try outcome(allowing: allowed)
        guard case .mistakes(let mistakes) = outcome else { return warnings }
        return mistakes + warnings
    }

    func text() throws -> String {
        switch try outcome().outcome {
        case .plan(let plan):
            let warnings = plan.warnings.map(\.warningDescription)
            return ([PlanTable(plan).text()] + (warnings.isEmpty ? [] : [""]) + warnings).joined(separator: "\n")
        case .mistakes(let mistakes):
            return mistakes.map(\.description).joined(separator: "\n")
        }
    }

    private func files(allowing allowed: PolicyRule?) -> WrittenFiles {
        var files = WrittenFiles()
        var name = "policy.yaml"
        var texts = [String: (text: String, isLatin: Bool)]()
        for line in lines[..<middle] {
            guard line.hasPrefix("=== ") else {
                texts[name, default: ("", false)].text += line + "\n"
                continue
            }
            name = String(line.dropFirst(4))
            let isLatin = name.hasSuffix(Self.latinMark)
            if isLatin { name = String(name.dropLast(Self.latinMark.count)) }
            texts[name] = texts[name] ?? ("", isLatin)
        }
        if let allowed {
            texts["policy.yaml", default: ("", false)].text += "allow: { \(allowed.rawValue): a test }\n"
        }
        for (name, (text, isLatin)) in texts {
            files.contents[name] = text.data(using: isLatin ? .isoLatin1 : .utf8).map(Array.init)
        }
        return files
    }
}

/// Files that a golden file holds.
private struct WrittenFiles: PolicyFiles {
    var contents: [String: [UInt8]] = [:]

    func contents(of path: String) throws -> [UInt8] {
        guard let bytes = contents[path] else { throw StartFailure("no such file") }
        return bytes
    }

    func names(in path: String) -> [String]? { nil }
}

/// Knows names and certificates by how they are called.
private struct StandInInspection: PolicyInspection {
    func fault(of files: TLSFiles) -> String? { fault(ofRoots: files.certificate) }

    func fault(ofRoots path: String) -> String? { path.hasSuffix("missing.pem") ? "cannot read \(path)" : nil }

    func fault(ofHost name: String) -> String? {
        name.hasSuffix(".invalid") ? "the name '\(name)' has no address here" : nil
    }
}
