/// Those who wait for one payment, and the question to the node that is under way for them. A value: whoever keeps it guards it.
struct SettlementWait {
    typealias Listener = AsyncThrowingStream<Bool, any Error>.Continuation

    struct Question {
        let id: Int
        let asking: Task<Void, Never>
    }

    /// Each goes on when the payment is noted.
    var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
    /// Those who are shown that it has not arrived.
    var watchers = 0
    /// Who wants the answer to the question.
    var listeners: [Int: Listener] = [:]
    var question: Question?
    /// When the node said no.
    var deniedAt: ContinuousClock.Instant?

    var count: Int { waiters.count + watchers }

    /// The payment has arrived.
    func end() {
        for waiter in waiters.values {
            waiter.yield()
            waiter.finish()
        }
        for listener in listeners.values { listener.finish() }
        question?.asking.cancel()
    }
}
