import GRPCPricer
import GatewayRPC
import NIOConcurrencyHelpers

/// A price server that answers when it is told to.
final class FakeSource: PriceSource {
    private struct State {
        var answers: [Result<Int64, ServiceFailure>] = []
        var open: [CheckedContinuation<Result<Int64, ServiceFailure>, Never>] = []
        var failureOfTelling: ServiceFailure?
    }

    let name: String
    private let state = NIOLockedValueBox(State())
    let questions: AsyncStream<PriceQuestion>
    private let asked: AsyncStream<PriceQuestion>.Continuation
    let offers: AsyncStream<PricedOffer>
    private let offered: AsyncStream<PricedOffer>.Continuation

    /// - Parameter answers: one for each question, in their order; the rest wait for `answer`.
    init(_ answers: Result<Int64, ServiceFailure>..., name: String = "fake") {
        self.name = name
        (questions, asked) = AsyncStream.makeStream()
        (offers, offered) = AsyncStream.makeStream()
        state.withLockedValue { $0.answers = answers }
    }

    func satoshis(for question: PriceQuestion) async throws(ServiceFailure) -> Int64 {
        let known = state.withLockedValue { $0.answers.isEmpty ? nil : $0.answers.removeFirst() }
        if let known {
            asked.yield(question)
            return try known.get()
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLockedValue { $0.open.append(continuation) }
                asked.yield(question)
                // It may have been before there was anything to withdraw.
                if Task.isCancelled { withdraw() }
            }
        } onCancel: {
            withdraw()
        }
        return try answer.get()
    }

    private func withdraw() {
        let open = state.withLockedValue { state in
            defer { state.open.removeAll() }
            return state.open
        }
        for continuation in open { continuation.resume(returning: .failure(ServiceFailure(.withdrawn, of: name))) }
    }

    /// Answers the oldest question that is open.
    func answer(_ answer: Result<Int64, ServiceFailure>) {
        let oldest = state.withLockedValue { $0.open.isEmpty ? nil : $0.open.removeFirst() }
        oldest?.resume(returning: answer)
    }

    var openCount: Int { state.withLockedValue { $0.open.count } }

    func failTelling(with failure: ServiceFailure) {
        state.withLockedValue { $0.failureOfTelling = failure }
    }

    func tell(_ offer: PricedOffer) async throws(ServiceFailure) {
        let failure = state.withLockedValue { $0.failureOfTelling }
        defer { offered.yield(offer) }
        if let failure { throw failure }
    }
}
