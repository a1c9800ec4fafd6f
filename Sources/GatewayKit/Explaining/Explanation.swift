internal import HTTPTypes
package import NIOCore

/// What became of one exchange, stage by stage. Kept only where somebody asks; belongs to the exchange's event loop.
package final class Explanation {
    /// What stages say they looked at is cut here: it is for people.
    private static let mostInputs = 32
    private static let longestText = 256

    package private(set) var steps: [ExplainedStep] = []
    private let uptime: @Sendable () -> NIODeadline
    private var began = NIODeadline.uptimeNanoseconds(0)
    private var before = ExchangeLearning()

    /// - Parameter uptime: measures how long stages take.
    package init(uptime: @escaping @Sendable () -> NIODeadline = { .now() }) {
        self.uptime = uptime
    }

    // MARK: Told by whoever runs the stages

    /// The stage at this index of the exchange's route is asked now.
    package func begin(_ index: Int, in exchange: Exchange) {
        before = exchange.learning
        let stage = exchange.route.stages[index]
        steps.append(ExplainedStep(index: index, word: stage.word, isShadow: stage is ShadowedStage))
        began = uptime()
    }

    /// - Parameter refusal: what was answered in place of forwarding.
    package func decided(_ decision: Decision, refusal: Reply? = nil, in exchange: Exchange) {
        let verdict: ExplainedStep.Verdict =
            switch decision {
            case .next: .next
            case .reply(let reply): .replied(reply.status, reply.problem?.detail)
            case .forward(let upstream):
                if let refusal {
                    .replied(refusal.status, refusal.problem?.detail)
                } else {
                    .forwarded(upstream.name)
                }
            }
        end(verdict, in: exchange)
    }

    /// The stage threw what is answered with this.
    package func failed(with reply: Reply, in exchange: Exchange) {
        end(.failed(reply.status, reply.problem?.detail), in: exchange)
    }

    private func end(_ verdict: ExplainedStep.Verdict, in exchange: Exchange) {
        guard let last = steps.indices.last else { return }
        // The door to calls chooses the route, and with it where the stages stand.
        let places = exchange.route.places
        steps[last].place = places.indices.contains(steps[last].index) ? places[steps[last].index] : nil
        steps[last].verdict = verdict
        steps[last].duration = Duration(uptime() - began)
        let learning = exchange.learning
        steps[last].learned = learning.changes(since: before)
        steps[last].rejection = learning.rejection(since: before)
    }

    // MARK: Told by stages

    func add(_ name: String, _ value: String) {
        guard let last = steps.indices.last, steps[last].inputs.count < Self.mostInputs else { return }
        steps[last].inputs.append(.init(name: Self.cut(name), value: Self.cut(value)))
    }

    private static func cut(_ text: String) -> String {
        let shown = ConcealedText.of(text)
        guard shown.utf8.count > longestText else { return shown }
        return String(shown.unicodeScalars.prefix(longestText / 4)) + "..."
    }
}
