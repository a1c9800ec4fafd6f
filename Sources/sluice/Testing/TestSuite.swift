package import GatewayKit
package import GatewayPolicy

/// The tests of a policy, one after the other.
package struct TestSuite {
    /// What the clock says in every test that does not say otherwise: 2026-01-01 00:00 UTC.
    package static let start = WallTime(seconds: 1_767_225_600)

    private let load: LoadedPolicy.Source
    private let read: () -> (tests: [PolicyTest], mistakes: [PolicyMistake])
    private let filter: String?

    package init(policies: String, files: PolicyTestFiles, paths: [String], filter: String? = nil) {
        load = { $0.load(policies) }
        read = { files.tests(in: paths) }
        self.filter = filter
    }

    /// Of texts that are in no files.
    package init(policy: String, tests: String) {
        load = { $0.load(text: policy, named: "policy.yaml") }
        read = { PolicyTestFiles().tests(in: tests, named: "policy.test.yaml") }
        filter = nil
    }

    /// - Throws: `CommandFailure` after every mistake in the policy or the tests was printed.
    package func report() async throws -> TestReport {
        let (all, mistakes) = read()
        // The mistakes of both are told in one run.
        let gateway: TrialGateway
        do {
            gateway = try await TrialGateway(at: Self.start, load: load)
        } catch {
            Self.tell(mistakes)
            throw error
        }
        let plan = gateway.plan
        await gateway.stop()
        let unknown = all.flatMap { Self.unknownNames(in: $0, plan) }
        guard (mistakes + unknown).isEmpty else {
            Self.tell(mistakes + unknown)
            let count = (mistakes + unknown).count
            throw CommandFailure(.failed, count == 1 ? "1 mistake" : "\(count) mistakes")
        }
        let tests = all.filter { test in filter.map { test.name.contains($0) } ?? true }
        guard !tests.isEmpty else { throw CommandFailure(.notFound, "no test has '\(filter ?? "")' in its name") }
        let coverage = TestCoverage()
        var results = [PolicyTestRun.Result]()
        for test in tests {
            results.append(try await PolicyTestRun.result(of: test, at: Self.start, coverage: coverage, load: load))
        }
        return TestReport(results, coverage: coverage, of: plan)
    }

    private static func tell(_ mistakes: [PolicyMistake]) {
        for mistake in mistakes { Terminal.standardError("\(mistake)") }
    }

    /// A name that the policy does not have would make a test fail, or worse, succeed.
    private static func unknownNames(in test: PolicyTest, _ plan: Plan) -> [PolicyMistake] {
        let routes = plan.routes.map(\.route.name)
        let words = Array(Set(plan.routes.flatMap(\.stages).map(\.word))).sorted()
        let upstreams = plan.upstreams.map(\.name)
        return test.steps.flatMap { step -> [PolicyMistake] in
            guard case .ask(let question) = step.action else { return [] }
            let expected = question.expectation
            return [
                unknown(expected.route, "route", among: routes),
                unknown(expected.stage, "stage", among: words),
                unknown(expected.upstream, "upstream", among: upstreams + ["none"]),
            ].compactMap(\.self)
        }
    }

    private static func unknown(
        _ value: PolicyTestExpectation.Value<String>?,
        _ kind: String,
        among names: [String]
    ) -> PolicyMistake? {
        guard let value, !names.contains(value.wanted) else { return nil }
        let hint = Guess.hint(for: value.wanted, among: names)
        let list = names.joined(separator: ", ")
        return PolicyMistake(value.place, "the policy has no \(kind) '\(value.wanted)'\(hint); there is \(list)")
    }
}
