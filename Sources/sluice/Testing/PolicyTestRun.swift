package import GatewayKit
package import GatewayPolicy
internal import GRPCPricer
internal import GatewayServer
internal import HTTPTypes
internal import NIOCore

/// One test, put to work on a gateway of its own.
package struct PolicyTestRun {
    /// What did not come as expected.
    package struct Failure: Sendable, Hashable, CustomStringConvertible {
        package let place: Place
        package let message: String

        package var description: String { "\(place): \(message)" }
    }

    package struct Result: Sendable {
        package let test: PolicyTest
        package let failures: [Failure]
        package let duration: Duration
    }

    private let gateway: TrialGateway
    private var presented: [(name: String, value: String)] = []
    private var failures: [Failure] = []
    private var coverage: TestCoverage

    /// - Parameters:
    ///   - load: the policy that is tested.
    ///   - coverage: what was reached is noted there.
    package static func result(
        of test: PolicyTest,
        at start: WallTime,
        coverage: TestCoverage,
        load: @escaping LoadedPolicy.Source
    ) async throws -> Result {
        let begin = ContinuousClock.now
        let gateway = try await TrialGateway(at: start, load: load)
        var run = PolicyTestRun(gateway: gateway, coverage: coverage)
        for step in test.steps {
            await run.perform(step)
            // What follows builds on what did not happen.
            if !run.failures.isEmpty { break }
        }
        await gateway.stop()
        return Result(test: test, failures: run.failures, duration: ContinuousClock.now - begin)
    }

    private init(gateway: TrialGateway, coverage: TestCoverage) {
        self.gateway = gateway
        self.coverage = coverage
    }

    private mutating func perform(_ step: PolicyTest.Step) async {
        switch step.action {
        case .advance(let duration):
            gateway.clock.advance(by: duration)
        case .rate(let rate):
            gateway.rates.say(rate)
        case .ask(let question):
            do {
                try await ask(question, at: step.place)
            } catch {
                failures.append(Failure(place: step.place, message: "\(error)"))
            }
        }
    }

    private mutating func ask(_ question: PolicyTest.Question, at place: Place) async throws {
        if let time = question.request.time { gateway.clock.now = time }
        if let answer = question.pricer { gateway.prices.script(ScriptedPrices.Answer(answer)) }
        let plain = TrialRequest(question.request, body: question.request.body)
        for count in 1...question.count {
            var request = plain
            switch question.credential {
            case .none: presented = []
            case .again: break
            case .bought(let purchase):
                if count == 1 {
                    presented = try await TrialPurchase(gateway: gateway, purchase: purchase).fields(for: plain)
                }
            }
            request.fields += presented
            let outcome = try await gateway.outcome(of: request, upstream: TrialResponse(question.upstream))
            coverage.note(outcome)
            let comparison = TestComparison(outcome)
            let found = comparison.failures(of: question.expectation, at: place)
            guard found.isEmpty else {
                let times = question.count > 1 ? "request \(count) of \(question.count): " : ""
                failures += found.map { Failure(place: $0.place, message: times + $0.message) }
                failures.append(Failure(place: place, message: comparison.summary))
                return
            }
        }
    }
}

extension TrialResponse {
    init(_ upstream: PolicyTest.Upstream) {
        switch upstream {
        case .failure(let failure):
            self = .failure(failure)
        case .answer(let status, let fields, let body):
            var head = ResponseHead(status: HTTPResponse.Status(code: status))
            for (name, value) in fields {
                if let name = FieldName(name) { head.fields.add(name, value) }
            }
            self = .answer(head, body: ByteBuffer(string: body))
        }
    }
}

extension ScriptedPrices.Answer {
    init(_ answer: PolicyTest.PricerAnswer) {
        switch answer {
        case .satoshis(let count): self = .satoshis(count)
        case .failure(.down): self = .unreachable
        case .failure(.slow): self = .slow
        case .failure(.refused): self = .refused
        }
    }
}
