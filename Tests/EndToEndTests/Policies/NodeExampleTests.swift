import Foundation
import GatewayKit
import GatewayPolicy
import Logging
import Testing
import sluice

/// The examples of nodes in the documentation are policies.
struct NodeExampleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        .standardizedFileURL

    /// The blocks of YAML that say something of a policy as a whole.
    private static func examples(in path: String) throws -> [String] {
        let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
        return text.components(separatedBy: "```yaml\n").dropFirst().compactMap { part in
            part.components(separatedBy: "```").first.flatMap {
                $0.hasPrefix("lightning:") || $0.hasPrefix("invoices:") ? $0 : nil
            }
        }
    }

    static let all = [("README.md", 1), ("Sources/GatewayKit/GatewayKit.docc/LightningNodes.md", 7)]

    @Test(arguments: all)
    func `an example of a node loads`(path: String, least: Int) throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let services = LoadedPolicy.services(dataFolder: "data", logger: logger)
        let loader = PolicyLoader(services: services, environment: { _ in "from-the-environment" }, files: AnyFile())
        let examples = try Self.examples(in: path)
        #expect(examples.count >= least)
        for example in examples {
            let text = "version: 1\n\(example)routes: [{ name: a, match: {}, pipeline: [respond: hello] }]\n"
            if case .mistakes(let mistakes) = loader.load(text: text, named: "policy.yaml") {
                Issue.record("\(mistakes.map(\.description))\n\(example)")
            }
        }
    }
}
