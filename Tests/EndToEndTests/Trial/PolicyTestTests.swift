import Foundation
import GatewayKit
import GatewayPolicy
import Testing
import sluice

struct PolicyTestTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")

    @Test func `every shipped policy has tests, which pass and reach every stage`() async throws {
        let folder = Self.root.appending(path: "policies").standardizedFileURL.path
        let files = PolicyTestFiles()
        let policies = try FileManager.default.subpathsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".yaml") && !$0.hasSuffix(".test.yaml") }
        #expect(!policies.isEmpty)
        for policy in policies {
            let path = "\(folder)/\(policy)"
            let tests = files.paths(beside: path)
            #expect(!tests.isEmpty, "\(policy)")
            let report = try await TestSuite(policies: path, files: files, paths: tests).report()
            #expect(report.results.flatMap(\.failures).map(\.description) == [])
            #expect(report.stages.filter { !$0.isReached }.map(\.place) == [])
        }
    }

    @Test(arguments: ["one-price", "by-request", "fiat"])
    func `every example of prices has tests, which pass`(_ name: String) async throws {
        let path = Self.root.appending(path: "policies/prices/\(name).yaml").standardizedFileURL.path
        let files = PolicyTestFiles()
        let report = try await TestSuite(policies: path, files: files, paths: files.paths(beside: path)).report()
        #expect(report.results.count > 3)
        #expect(report.results.flatMap(\.failures).map(\.description) == [])
    }

    @Test(
        arguments: [
            ("97000 USD", "402", "0.02 USD", []), ("97000 USD", "402", "21 sat", []),
            ("97000 USD", "402", "20 sat", ["expected price 20 sat, found 21 sat"]),
            ("97000 USD", "402", "0.03 USD", ["expected price 0.03 USD, found 0.02 USD"]),
            ("none", "503", "0.02 USD", ["expected price 0.02 USD, found none"]),
        ] as [(String, String, String, [String])]
    )
    func `a test says what a bitcoin costs`(_ rate: String, _ status: String, _ price: String, _ failures: [String])
        async throws
    {
        let policy = """
            version: 1
            lightning: dev
            rates: { sources: [{ fixed: 1 USD }] }
            routes:
              - name: paid
                match: { path: /paid }
                pipeline: [auth: mpp, rate-limit: 20/s, price: 0.02 USD, respond: hello]
            """
        let tests = """
            tests:
              - name: a
                steps:
                  - rate: \(rate)
                  - request: GET http://localhost/paid
                    expect: { status: \(status), price: \(price) }
            """
        let report = try await TestSuite(policy: policy, tests: tests).report()
        let found = report.results.flatMap(\.failures).map(\.message).filter { $0.hasPrefix("expected") }
        #expect(found == failures)
    }

    private func failures(_ test: String) async throws -> [String] {
        let report = try await TestSuite(policy: TrialPolicy.text, tests: "tests:\n" + test).report()
        return report.results.flatMap(\.failures).map(\.description)
    }

    @Test(arguments: [
        ("{ status: 200 }", "policy.test.yaml:4:23: expected status 200, found 402"),
        ("{ price: 11 sat }", "policy.test.yaml:4:22: expected price 11 sat, found 10 sat"),
        ("{ stage: caveats }", "policy.test.yaml:4:22: expected stage caveats, found price"),
        ("{ route: rest }", "policy.test.yaml:4:22: expected route rest, found paid"),
        ("{ upstream: back }", "policy.test.yaml:4:25: expected upstream back, found none"),
        ("{ path: /inside }", "policy.test.yaml:4:21: expected upstream path /inside, found none"),
        ("{ reason: expired }", "policy.test.yaml:4:23: expected the reason 'expired', found none"),
        ("{ headers: { x-a: b } }", "policy.test.yaml:4:31: expected 'b' in 'x-a', found ''"),
        ("{ without: content-type }", "policy.test.yaml:4:24: expected no field 'content-type', found one"),
    ])
    func `what is not as expected is told with its place`(_ expectation: String, _ failure: String) async throws {
        let found = try await failures(
            """
              - name: a
                request: GET http://localhost/paid
                expect: \(expectation)
            """
        )
        #expect(found.first == failure)
        #expect(found.last?.contains("answered 402 on 'paid' by 'price' (policy.yaml:15:9)") == true)
    }

    @Test func `credentials are bought as the policy sells them`() async throws {
        let found = try await failures(
            """
              - name: a
                steps:
                  - { request: GET http://localhost/paid, credential: l402, expect: 200 }
                  - { request: GET http://localhost/paid, credential: again, expect: 200 }
                  - { request: GET http://localhost/paid, credential: charge, expect: 200 }
                  - { request: GET http://localhost/paid, credential: again, expect: 402 }
                  - { advance: 10s }
                  - { request: GET http://localhost/paid, credential: forged, expect: { status: 402, reason: signature } }
                  - { request: GET http://localhost/paid, credential: expired, expect: { status: 402, reason: expired } }
            """
        )
        #expect(found == [])
    }

    @Test func `time passes when a test says so`() async throws {
        let found = try await failures(
            """
              - name: a
                steps:
                  - { request: GET http://localhost/paid, times: 5, expect: 402 }
                  - { request: GET http://localhost/paid, expect: 429 }
                  - { advance: 1s }
                  - { request: GET http://localhost/paid, expect: 402 }
                  - { request: GET http://localhost/paid, expect: 429 }
            """
        )
        #expect(found == [])
    }

    @Test func `what no test has reached is told`() async throws {
        let tests = "tests:\n  - { name: a, request: GET http://localhost/paid, expect: 402 }"
        let report = try await TestSuite(policy: TrialPolicy.text, tests: tests).report()
        #expect(report.unreached == ["watched", "unlimited", "rest"])
        #expect(
            report.stages.filter { $0.route == "paid" && $0.isReached }.map(\.word) == [
                "auth", "caveats", "rate-limit", "price",
            ]
        )
        #expect(report.stages.filter(\.hasDecided).map(\.word) == ["price"])
    }

    @Test func `results are XML that can be read, whatever the names`() async throws {
        let tests = #"tests: [{ name: "a <b> & \"c\"", request: GET http://localhost/paid, expect: 200 }]"#
        let report = try await TestSuite(policy: TrialPolicy.text, tests: tests).report()
        #expect(report.failed == 1)
        let xml = report.junit()
        #expect(xml.contains(#"name="a &lt;b&gt; &amp; &quot;c&quot;""#))
        #expect(xml.contains(#"<testsuites tests="1" failures="1">"#))
    }
}
