import Foundation
import GatewayKit
import GatewayPolicy
import GatewayTesting
import Logging
import Testing
import sluice

/// The schema of the policy language, with the validator `jsonschema`. `SLUICE_INTEROP_PYTHON` is the path of a Python that
/// has it.
struct SchemaTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let schema = PolicySchema(LoadedPolicy.services(dataFolder: "", logger: logger))
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private struct Answer: Decodable, Sendable {
        /// Empty where the document fits.
        let mistakes: [String]
    }

    private static func mistakes(of policies: [PolicyNode]) async throws -> [String] {
        let folder = try TemporaryFolder()
        let documents = policies.map { json($0) ?? NSNull() }
        try Data(schema.json().utf8).write(to: URL(filePath: "\(folder.path)/schema.json"))
        let data = try JSONSerialization.data(withJSONObject: documents)
        try data.write(to: URL(filePath: "\(folder.path)/documents.json"))
        let answer: Answer = try await L402RequestsPeer.run(
            "validate.py",
            "\(folder.path)/schema.json",
            "\(folder.path)/documents.json"
        )
        return answer.mistakes
    }

    /// As a reader of YAML's core schema has it, as editors are.
    private static func json(_ node: PolicyNode) -> Any? {
        switch node.content {
        case .empty: return NSNull()
        case .text(let text):
            if let integer = Int(text) { return integer }
            return Bool(text) ?? text as Any
        case .reference(.file(let path)): return "!file \(path)"
        case .reference(.environment(let name)): return "!env \(name)"
        case .list(let items): return items.map { json($0) ?? NSNull() }
        case .map(let entries):
            return Dictionary(entries.map { ($0.key, json($0.value) ?? NSNull()) }) { first, _ in first }
        }
    }

    private static func node(_ text: String) throws -> PolicyNode {
        try #require(PolicyFormat.node(of: Array(text.utf8), named: "policy.yaml"))
    }

    /// Every policy that is shipped, and every golden one that loads with the plugins that are built in.
    private static func policies() throws -> [(name: String, node: PolicyNode)] {
        let shipped = try ["policies", "policies/prices"].flatMap { folder in
            try texts(in: folder, ending: ".yaml").filter { !$0.name.hasSuffix(".test.yaml") }.map { ($0, $1) }
        }
        let own = "Tests/EndToEndTests/Policies/Golden"
        let golden = try [own, "\(own)/Clean", "\(own)/Rules", "Tests/GatewayPolicyTests/Golden"].flatMap { folder in
            try texts(in: folder, ending: ".policytest").filter {
                !$0.text.contains("\n=== ") && !$0.text.hasPrefix("=== ")
            }
        }.map { name, text in (name, text.components(separatedBy: "----------")[0]) }
        return try (shipped + golden.filter { loads($0.1) }).map { ($0.0, try node($0.1)) }
    }

    private static func texts(in folder: String, ending: String) throws -> [(name: String, text: String)] {
        let url = root.appending(path: folder)
        return try FileManager.default.contentsOfDirectory(atPath: url.path).filter { $0.hasSuffix(ending) }.sorted()
            .compactMap {
                name in
                (try? String(contentsOf: url.appending(path: name), encoding: .utf8)).map { (name, $0) }
            }
    }

    private static func loads(_ text: String) -> Bool {
        let services = LoadedPolicy.services(dataFolder: "data", logger: logger)
        let loader = PolicyLoader(services: services) { _ in "from-the-environment" }
        if case .plan = loader.load(text: text, named: "policy.yaml") { return true }
        return false
    }

    // MARK: Tests

    @Test(.enabled(if: L402RequestsPeer.isExpected, "SLUICE_INTEROP_PYTHON is not set"))
    func `every policy that loads fits the schema`() async throws {
        let policies = try Self.policies()
        #expect(policies.count > 30)
        let mistakes = try await Self.mistakes(of: policies.map(\.node))
        let told = zip(policies, mistakes).filter { !$1.isEmpty }.map { "\($0.name): \($1)" }
        #expect(told == [])
    }

    /// What is right, in a policy that fits the schema, and a mistake in its place.
    private static let misspellings = [
        ("listen: 127.0.0.1:8402", "lisen: 127.0.0.1:8402"),
        ("trusted-proxies:", "trusted-proxy:"),
        ("- forward: quotes", "- foward: quotes"),
        ("burst: 40", "brust: 40"),
        ("burst: 40", "burst: many"),
        ("per: token", "per: tokens"),
        ("valid-for: 30d", "valid: 30d"),
        ("valid-for: 30d", "valid-for: 30 days"),
        ("use: l402", "use: l4o2"),
        ("- mpp", "- mmp"),
        ("timeout: 60s", "time-out: 60s"),
        ("path: /v1/*", "paths: /v1/*"),
        ("price: 10 sat", "price: { use: static, amonut: 10 sat }"),
        ("expires", "expire"),
        ("use: dev", "use: ldn"),
    ]

    private static func policy(with right: String) -> String {
        """
        version: 1
        listen: 127.0.0.1:8402
        lightning: { use: dev }
        upstreams:
          quotes: { url: http://127.0.0.1:9001, timeout: 60s }
        routes:
          - name: quotes
            match: { path: /v1/* }
            pipeline:
              - auth:
                  - { use: l402, valid-for: 30d }
                  - mpp
              - caveats: [service, expires]
              - rate-limit: { limit: 20/s, burst: 40, per: token }
              - price: 10 sat
              - forward: quotes
        """.replacing(
            "listen: 127.0.0.1:8402",
            with: right.hasPrefix("trusted")
                ? "listen: { address: 127.0.0.1:8402, trusted-proxies: 10.0.0.0/8 }" : "listen: 127.0.0.1:8402"
        )
    }

    /// Validated together: a validator that starts anew for each takes longer than all of them.
    @Test(.enabled(if: L402RequestsPeer.isExpected, "SLUICE_INTEROP_PYTHON is not set"))
    func `what is misspelled does not fit the schema`() async throws {
        var documents = [PolicyNode]()
        for (right, wrong) in Self.misspellings {
            let policy = Self.policy(with: right)
            #expect(policy.contains(right))
            documents.append(try Self.node(policy))
            documents.append(try Self.node(policy.replacing(right, with: wrong)))
        }
        let mistakes = try await Self.mistakes(of: documents)
        try #require(mistakes.count == documents.count)
        for (index, (right, wrong)) in Self.misspellings.enumerated() {
            #expect(mistakes[2 * index].isEmpty, "\(right): \(mistakes[2 * index])")
            #expect(!mistakes[2 * index + 1].isEmpty, "\(wrong)")
        }
    }

    @Test func `the schema has the keys of a policy`() throws {
        let schema = try JSONSerialization.jsonObject(with: Data(Self.schema.json().utf8)) as? [String: Any]
        let properties = schema?["properties"] as? [String: Any]
        #expect(properties?.keys.sorted() == PolicySchema.keys.sorted())
    }

    @Test func `every note of the schema finds its place`() {
        #expect(Self.schema.strayNotes == [])
    }
}
