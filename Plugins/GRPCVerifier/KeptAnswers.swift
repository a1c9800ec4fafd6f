internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Answers that a verifier said may be kept, for the same question. May be used from any thread.
final class KeptAnswers: Sendable {
    private let time: TimeSource
    private let answers = NIOLockedValueBox(
        ExpiringTable<Sluice_V1_VerifyCaveatsRequest, VerifierAnswer>(most: 10_000)
    )

    init(time: TimeSource) {
        self.time = time
    }

    func answer(to question: Sluice_V1_VerifyCaveatsRequest) -> VerifierAnswer? {
        let now = time.uptime()
        return answers.withLockedValue { $0.value(for: question, at: now) }
    }

    func keep(_ answer: VerifierAnswer, to question: Sluice_V1_VerifyCaveatsRequest) {
        guard answer.validity > .zero else { return }
        let now = time.uptime()
        let end = now + TimeAmount(answer.validity)
        answers.withLockedValue { $0.keep(answer, for: question, until: end, at: now) }
    }
}
