import Foundation
import GatewayKit
import GatewayPolicy
import Logging
import Testing
import sluice

/// Configurations of Aperture, and what becomes of each: `Golden/*.importtest`.
///
/// Above the first dashes stands `aperture.yaml`, then the policy, then the warnings. `SLUICE_UPDATE_GOLDEN=1 swift test`
/// writes what comes out now into the files, and fails.
struct ApertureImportTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    private static let separator = "----------"

    static let names: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { $0.hasSuffix(".importtest") }.sorted()
    }()

    @Test func `there are golden files`() {
        #expect(Self.names.count >= 5)
    }

    @Test(arguments: names)
    func `a configuration becomes the policy and the warnings that its file shows`(_ name: String) throws {
        let parts = try Self.parts(of: name)
        let (policy, warnings) = try Self.imported(parts[0])
        let actual = [parts[0], policy, warnings.joined(separator: "\n") + "\n"].joined(
            separator: "\(Self.separator)\n"
        )
        let expected = parts.joined(separator: "\(Self.separator)\n")
        if ProcessInfo.processInfo.environment["SLUICE_UPDATE_GOLDEN"] == "1", actual != expected {
            try actual.write(to: Self.folder.appending(path: name), atomically: true, encoding: .utf8)
            Issue.record("\(name) was rewritten: read the difference, and run again without SLUICE_UPDATE_GOLDEN")
            return
        }
        #expect(actual == expected)
    }

    @Test(arguments: names)
    func `the policy of a configuration loads`(_ name: String) throws {
        let (policy, _) = try Self.imported(Self.parts(of: name)[0])
        #expect(Self.mistakes(in: policy) == [])
    }

    @Test(arguments: names)
    func `the policy of a configuration is in canonical form`(_ name: String) throws {
        let (policy, _) = try Self.imported(Self.parts(of: name)[0])
        guard case .text(let formatted) = PolicyFormat.text(of: Array(policy.utf8), named: "policy.yaml") else {
            Issue.record("it cannot be formatted")
            return
        }
        #expect(formatted == policy)
    }

    // MARK: Money

    /// What the configuration `money` asks for a request: `nil` where nothing is sold.
    @Test(arguments: [
        ("a", Amount(millisatoshis: 1_000)), ("b", Amount(millisatoshis: 1_000)), ("c", Amount(millisatoshis: 1_000)),
        ("f", Amount(millisatoshis: 7_000)), ("g", Amount(millisatoshis: 7_000)), ("h", Amount(millisatoshis: 7_000)),
        ("i", Amount(millisatoshis: 7_000)), ("n", Amount(millisatoshis: 1_000)),
    ])
    func `a service costs what it did`(_ host: String, _ price: Amount) throws {
        let plan = try Self.plan(of: "money.importtest")
        let route = try #require(plan.routes.first { $0.match.description.contains("\(host).example.com") })
        #expect(route.offer?.price == .fixed(price))
    }

    @Test(arguments: ["j", "k", "l"])
    func `a service whose price is not known is refused and not given away`(_ host: String) throws {
        let plan = try Self.plan(of: "money.importtest")
        let routes = plan.routes.filter { $0.match.description.contains("\(host).example.com") }
        let route = try #require(routes.last)
        #expect(route.stages.map(\.word) == ["cors", "respond"])
        #expect(routes.dropLast().allSatisfy { $0.route.name.hasSuffix("-free") })
    }

    @Test(arguments: ["m", "o"])
    func `a service with a price server asks it`(_ host: String) throws {
        let plan = try Self.plan(of: "money.importtest")
        let route = try #require(plan.routes.last { $0.match.description.contains("\(host).example.com") })
        #expect(route.stages.map(\.word) == ["cors", "auth", "caveats", "rate-limit", "price", "forward"])
        #expect(route.offer?.price.isAsked == true)
    }

    @Test(arguments: ["d", "e", "p"])
    func `a service without authentication is free`(_ host: String) throws {
        let plan = try Self.plan(of: "money.importtest")
        let route = try #require(plan.routes.first { $0.match.description.contains("\(host).example.com") })
        #expect(route.stages.map(\.word) == ["cors", "forward"])
    }

    // MARK: Secrets

    @Test(arguments: ["nobody else", "a word for the database alone", "Bearer"])
    func `a secret of a configuration is in no output`(_ secret: String) throws {
        let (policy, warnings) = try Self.imported(Self.parts(of: "every-key.importtest")[0])
        #expect(!policy.contains(secret))
        #expect(!warnings.joined().contains(secret))
    }

    @Test func `a header that holds a secret becomes a reference`() throws {
        let text = """
            services:
              - { name: a, hostregexp: a.com, address: "10.0.0.1:80", auth: "off", headers: { Authorization: "Bearer 1234" } }
            """
        let (policy, warnings) = try Self.imported(text)
        #expect(policy.contains("Authorization: !env A_AUTHORIZATION"))
        #expect(!(policy + warnings.joined()).contains("1234"))
    }

    // MARK: The node

    private static func lightning(of authenticator: String) throws -> (line: String, warnings: String) {
        let service = #"services: [{ name: a, hostregexp: a.com, address: "10.0.0.1:80", price: 5 }]"#
        let (policy, warnings) = try imported("\(service)\nauthenticator: { \(authenticator) }\n")
        let line = try #require(policy.split(separator: "\n").first { $0.hasPrefix("lightning:") })
        return (String(line), warnings.joined())
    }

    @Test func `a node is asked as before, and on another network too`() throws {
        let named = #"lndhost: "lnd:10009", macdir: "/lnd/", network: regtest"#
        let line = try Self.lightning(of: named).line
        let settings = "use: lnd, address: 'lnd:10009', macaroon: !file /lnd/invoice.macaroon, network: regtest"
        #expect(line == "lightning: { \(settings) }")
    }

    @Test(arguments: [#"lndhost: "lnd:10009""#, #"lndhost: "me:secret@lnd:10009", macdir: /lnd"#, "macdir: /lnd"])
    func `a node that is not named in full is kept as a comment`(named: String) throws {
        let (line, warnings) = try Self.lightning(of: named)
        #expect(line == "lightning: dev")
        #expect(warnings.contains("it names no node that Sluice can ask"))
    }

    // MARK: Spelling

    @Test func `the misspelled key of Aperture's own sample is named with its line`() throws {
        let text = """
            services:
              - name: service3
                hostregexp: "service3.com:8083"
                address: "123.456.789:8082"
                dynamicprice:
                  enbled: true
                  grpcaddress: 123.456.789:8083
            """
        let (_, warnings) = try Self.imported(text)
        let expected = "aperture.yaml:6:7: warning: unknown key 'enbled' (did you mean 'enabled'?) in 'dynamicprice'"
        #expect(warnings.contains { $0.hasPrefix(expected) })
    }

    @Test func `what is not YAML is a mistake with its line`() {
        let outcome = ApertureImport().policy(from: Array("services:\n  - name: [".utf8), named: "aperture.yaml")
        guard case .mistakes(let mistakes) = outcome else {
            Issue.record("there is a policy")
            return
        }
        #expect(mistakes.first?.description.contains(/^aperture\.yaml:[23]:/) == true)
    }

    @Test func `every beginning of a configuration is answered`() throws {
        let text = try Self.parts(of: "every-key.importtest")[0]
        for end in stride(from: 0, to: text.utf8.count, by: 7) {
            _ = ApertureImport().policy(from: Array(text.utf8.prefix(end)), named: "aperture.yaml")
        }
    }

    // MARK: Loading

    private static func parts(of name: String) throws -> [String] {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        return text.components(separatedBy: "\(separator)\n")
    }

    private static func imported(_ text: String) throws -> (policy: String, warnings: [String]) {
        switch ApertureImport().policy(from: Array(text.utf8), named: "aperture.yaml") {
        case .policy(let policy, let warnings): (policy, warnings.map(\.warningDescription))
        case .mistakes(let mistakes): throw mistakes[0]
        }
    }

    private static func plan(of name: String) throws -> Plan {
        let (policy, _) = try imported(parts(of: name)[0])
        switch outcome(of: policy) {
        case .plan(let plan): return plan
        case .mistakes(let mistakes): throw mistakes[0]
        }
    }

    private static func mistakes(in policy: String) -> [String] {
        if case .mistakes(let mistakes) = outcome(of: policy) { mistakes.map(\.description) } else { [] }
    }

    /// Services of Aperture that are one service at their address leak money there, too: `check` tells that in its turn.
    private static func outcome(of policy: String) -> PolicyOutcome {
        let rules = PolicyRule.allCases.filter(\.mayBeAllowed).map { "\($0.rawValue): as it was" }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let services = LoadedPolicy.services(dataFolder: "data", logger: logger)
        return PolicyLoader(services: services, environment: { _ in "from-the-environment" }, files: AnyFile())
            .load(text: policy + "allow: { \(rules.joined(separator: ", ")) }\n", named: "policy.yaml")
    }
}
