import GatewayKit
import GatewayPolicy
import GatewayServer
import HTTPTypes
import L402
import Testing
import sluice

struct ShadowTests {
    @Test func `a limit in shadow refuses nobody, and says whom it would have`() async throws {
        try await TrialPolicy.with { gateway in
            var refusals = [[String]]()
            for _ in 0..<3 {
                let outcome = try await gateway.outcome(of: TrialPolicy.request("/unlimited"))
                #expect(outcome.head?.status.code == 200)
                refusals.append(outcome.shadowRefusals.map { "\($0.word) \($0.status.code)" })
            }
            #expect(refusals == [[], [], ["rate-limit 429"]])
        }
    }

    @Test func `a route in shadow is free, makes no invoice and says what it would ask for`() async throws {
        try await TrialPolicy.with { gateway in
            let outcome = try await gateway.outcome(of: TrialPolicy.request("/watched"))
            #expect(outcome.head?.status.code == 200)
            #expect(outcome.forwarded != nil)
            #expect(outcome.shadowRefusals.map(\.word) == ["price"])
            // The development node would have told its invoices to the store.
            let issued = try await gateway.plan.store.values(withPrefix: "dev/invoice")
            #expect(issued.isEmpty)
        }
    }

    @Test func `a credential that does not count is served in shadow, not forwarded, and noted`() async throws {
        try await TrialPolicy.with { gateway in
            let outcome = try await gateway.outcome(
                of: TrialPolicy.request("/watched", [("authorization", "L402 AAAA:00")])
            )
            #expect(outcome.head?.status.code == 200)
            #expect(outcome.shadowRefusals.first?.word == "auth")
            let forwarded = try #require(outcome.forwarded)
            #expect(!forwarded.request.fields.contains(.authorization))
        }
    }

    @Test func `a price in shadow asks nobody, and lets pass what its auth has rejected`() async throws {
        let policy = """
            version: 1
            lightning: { use: dev }
            upstreams: { back: { url: "http://127.0.0.1:9" } }
            pipelines:
              sold: [{ auth: { use: mpp } }, { rate-limit: 1000/s }]
            routes:
              - { name: sold, match: { path: /a }, service: s, pipeline: [use: sold, price: 10 sat, forward: back] }
              - name: watched
                match: { path: /b }
                service: s
                pipeline: [use: sold, { price: 10 sat, shadow: true }, forward: back]
            """
        try await TrialPolicy.with(policy) { gateway in
            for fields in [[], [(name: "authorization", value: "Payment AAAA")]] {
                let outcome = try await gateway.outcome(of: TrialPolicy.request("/b", fields))
                #expect(outcome.head?.status.code == 200)
                #expect(outcome.shadowRefusals.map(\.word) == ["price"])
            }
        }
    }

    @Test func `caveats in shadow let a token pass whatever it says`() async throws {
        let policy = TrialPolicy.text.replacing(
            "- caveats: [service, expires, path]",
            with: "- { caveats: [service, expires, path], shadow: true }"
        )
        let tests = """
            tests:
              - name: passes
                request: GET http://localhost/paid
                credential: { use: l402, caveats: [path=/elsewhere, colour=blue] }
                expect: { status: 200, shadow: caveats }
            """
        let report = try await TestSuite(policy: policy, tests: tests).report()
        #expect(report.results.flatMap(\.failures).map(\.message) == [])
    }

    @Test func `what stages in shadow would do is counted by stage`() async throws {
        try await TrialPolicy.with { gateway in
            for _ in 0..<3 { _ = try await gateway.outcome(of: TrialPolicy.request("/unlimited")) }
            let stages = try #require(gateway.planned("unlimited")).route.stages.compactMap { $0 as? ShadowedStage }
            #expect(stages.map(\.counts.seen) == [3])
            #expect(stages.map(\.counts.wouldRefuse) == [1])
        }
    }
}
