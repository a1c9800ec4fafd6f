internal import NIOConcurrencyHelpers

/// What a service answers in a test, and what it was asked. May be used from any thread.
package final class Script<Question: Sendable, Answer: Sendable>: Sendable {
    private let tell: @Sendable (Question) throws -> Answer
    private let asked = NIOLockedValueBox<[Question]>([])

    package init(_ tell: @escaping @Sendable (Question) throws -> Answer) {
        self.tell = tell
    }

    package var questions: [Question] { asked.withLockedValue { $0 } }

    package func answer(to question: Question) throws -> Answer {
        asked.withLockedValue { $0.append(question) }
        return try tell(question)
    }
}
