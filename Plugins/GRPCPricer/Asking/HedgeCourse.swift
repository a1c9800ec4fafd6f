/// Decides whether a question that gets no answer is asked once more, and which answer counts. A value: no clock.
///
/// The second question goes out when the first has waited for its time, not when it has failed: that is what `retries` is
/// for. The first answer counts; a failure does only when nothing else is to come.
package struct HedgeCourse<Answer: Sendable, Failure: Sendable>: Sendable {
    package enum Event: Sendable {
        case answered(Answer)
        case failed(Failure)
        /// The time after which the question is asked once more.
        case due
    }

    package enum Step: Sendable {
        case ask
        case wait
        case answer(Answer)
        case fail(Failure)
    }

    /// Questions without an answer; the first one is out when this begins.
    private var open = 1
    private var isOver = false
    private var isDue = false

    package init() {}

    /// Nothing is to be done after `answer` or `fail`.
    package mutating func step(_ event: Event) -> Step {
        guard !isOver else { return .wait }
        switch event {
        case .answered(let answer):
            isOver = true
            return .answer(answer)
        case .due:
            guard !isDue else { return .wait }
            isDue = true
            open += 1
            return .ask
        case .failed(let failure):
            open -= 1
            guard open == 0 else { return .wait }
            isOver = true
            return .fail(failure)
        }
    }
}
