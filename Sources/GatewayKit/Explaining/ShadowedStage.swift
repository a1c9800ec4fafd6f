internal import HTTPTypes
internal import Logging
internal import NIOConcurrencyHelpers

/// A stage in shadow: it is asked what it would decide, that is written down and counted, and the exchange goes on as if
/// it were not there.
package final class ShadowedStage: Stage {
    /// How many requests it has seen, on all event loops, and how many it would have answered or rejected.
    package struct Counts: Sendable, Hashable {
        package var seen: UInt64 = 0
        package var wouldRefuse: UInt64 = 0
    }

    package let stage: any StagePlugin
    private let counted = NIOLockedValueBox(Counts())

    package init(_ stage: any StagePlugin) {
        self.stage = stage
    }

    package var counts: Counts { counted.withLockedValue { $0 } }

    package func admit(_ exchange: Exchange) -> Eventually<Decision> {
        let real = exchange.learning
        // Stages in shadow know what those before them would have told them.
        if let known = exchange[Learned.self] { exchange.learning = known.learning }
        do {
            let decision = try stage.preview(exchange)
            return decision.map { decision in
                self.conclude(.success(decision), real, in: exchange)
                return .next
            }.recover { error in
                self.conclude(.failure(error), real, in: exchange)
                return .next
            }
        } catch {
            conclude(.failure(error), real, in: exchange)
            return .now(.next)
        }
    }

    private func conclude(_ result: Result<Decision, any Error>, _ real: ExchangeLearning, in exchange: Exchange) {
        var refusal: ShadowRefusal?
        let word = type(of: stage).word
        switch result {
        case .success(.reply(let reply)):
            refusal = ShadowRefusal(word: word, status: reply.status, reason: reply.problem?.detail)
        case .success(.next), .success(.forward):
            if let rejection = exchange.rejection, rejection != real.rejection {
                refusal = ShadowRefusal(word: word, status: rejection.status, reason: rejection.detail)
            }
        case .failure(let reply as Reply):
            refusal = ShadowRefusal(word: word, status: reply.status, reason: reply.problem?.detail)
        case .failure(is BodyTooLarge):
            refusal = ShadowRefusal(word: word, status: .contentTooLarge, reason: "the request body is too long")
        case .failure(let error):
            exchange.logger.error("a stage in shadow failed", metadata: ["stage": "\(word)", "error": "\(error)"])
            refusal = ShadowRefusal(word: word, status: .internalServerError, reason: nil)
        }
        exchange[Learned.self] = Learned(learning: exchange.learning)
        exchange.learning = real
        stage.standAside(exchange)
        counted.withLockedValue { counts in
            counts.seen &+= 1
            if refusal != nil { counts.wouldRefuse &+= 1 }
        }
        guard let refusal else { return }
        exchange.looked(at: "would refuse", "\(refusal.status.code): \(refusal.reason ?? "without a reason")")
        exchange.shadowRefusals.append(refusal)
    }

    /// What the stages in shadow have learned.
    private struct Learned {
        let learning: ExchangeLearning
    }
}
