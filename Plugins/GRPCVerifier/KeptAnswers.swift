internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Answers that a verifier said may be kept, for the same question. May be used from any thread.
final class KeptAnswers: Sendable {
    private struct Entry {
        let answer: VerifierAnswer
        let end: NIODeadline
    }

    /// More questions than that are not kept at a time.
    static let most = 10_000

    private let time: TimeSource
    private let entries = NIOLockedValueBox<[Sluice_V1_VerifyCaveatsRequest: Entry]>([:])

    init(time: TimeSource) {
        self.time = time
    }

    func answer(to question: Sluice_V1_VerifyCaveatsRequest) -> VerifierAnswer? {
        let now = time.uptime()
        return entries.withLockedValue { entries in
            guard let entry = entries[question] else { return nil }
            if now < entry.end { return entry.answer }
            entries[question] = nil
            return nil
        }
    }

    func keep(_ answer: VerifierAnswer, to question: Sluice_V1_VerifyCaveatsRequest) {
        guard answer.validity > .zero else { return }
        let now = time.uptime()
        entries.withLockedValue { entries in
            if entries.count >= Self.most { entries = entries.filter { now < $0.value.end } }
            guard entries.count < Self.most else { return }
            entries[question] = Entry(answer: answer, end: now + TimeAmount(answer.validity))
        }
    }
}
