internal import NIOConcurrencyHelpers
internal import NIOCore

/// The payments that the node has told of lately, and those who wait for one. May be used from any thread.
///
/// Who follows the node notes what it hears, so that a request whose payment is on its way is let in the moment it arrives,
/// and the node is asked once for a payment however often its proof is presented.
public final class SettlementNews: Sendable {
    /// Payments that are remembered: about 100 bytes each.
    private static let memory = 20_000
    /// When the node is asked, from one question to the next: news may be late, or nobody follows.
    private static let pauses: [Duration] = [.zero, .milliseconds(200), .milliseconds(800), .milliseconds(2_000)]
    /// For so long after a "no" nobody asks again for the same payment, however many wait for it.
    private static let shortestPause = Duration.milliseconds(150)
    /// Longer than the questions take with a node that answers.
    private static let patience = Duration.seconds(6)

    private struct State {
        var known: Set<PaymentHash> = []
        /// Of `known`, the oldest first.
        var order = CircularBuffer<PaymentHash>()
        var waits: [PaymentHash: SettlementWait] = [:]
        var nextID = 0
    }

    private let state = NIOLockedValueBox(State())

    public init() {}

    /// Payments for which somebody waits.
    package var waitingCount: Int { state.withLockedValue { $0.waits.count } }

    /// Those, for who asks the node for open invoices.
    package var waitingPayments: Set<PaymentHash> { state.withLockedValue { Set($0.waits.keys) } }

    /// How many wait for a payment.
    package func waitingCount(for payment: PaymentHash) -> Int {
        state.withLockedValue { $0.waits[payment]?.count ?? 0 }
    }

    /// The payment has arrived: whoever waits for it goes on.
    public func note(_ payment: PaymentHash) {
        let wait = state.withLockedValue { state -> SettlementWait? in
            if state.known.insert(payment).inserted {
                state.order.append(payment)
                if state.order.count > Self.memory, let oldest = state.order.popFirst() { state.known.remove(oldest) }
            }
            return state.waits.removeValue(forKey: payment)
        }
        // Outside the lock, because ending a stream calls back.
        wait?.end()
    }

    public func knows(_ payment: PaymentHash) -> Bool { state.withLockedValue { $0.known.contains(payment) } }

    // MARK: Expecting

    /// Somebody is shown that a payment has not arrived yet, and hears of it through the store: where the node tells of nothing
    /// by itself, it is asked for these payments before others. ``forgo(_:)`` follows, exactly once.
    public func expect(_ payment: PaymentHash) {
        state.withLockedValue { state in
            guard !state.known.contains(payment) else { return }
            state.waits[payment, default: SettlementWait()].watchers += 1
        }
    }

    /// Nobody is shown it any more, or one fewer.
    public func forgo(_ payment: PaymentHash) {
        state.withLockedValue { state in
            guard let watchers = state.waits[payment]?.watchers, watchers > 0 else { return }
            state.waits[payment]?.watchers = watchers - 1
            Self.clear(payment, &state)
        }
    }

    // MARK: Waiting

    /// Whether a payment has arrived whose preimage is known to somebody: a node may take a moment to say so.
    ///
    /// However many wait for the same payment, the node is asked one question at a time for it.
    ///
    /// - Returns: false when it has not within three seconds, or a little more where the node takes its time.
    /// - Throws: what the node says, and `LightningFailure` when it says nothing in time.
    public func isSettledSoon(_ payment: PaymentHash, at lightning: any LightningBackend) async throws -> Bool {
        let (id, news) = wait(for: payment)
        guard let news else { return true }
        defer { leave(id, payment) }
        return try await withThrowingTaskGroup(of: Bool?.self) { group in
            group.addTask {
                for pause in Self.pauses {
                    try await Task.sleep(for: pause)
                    if try await self.answer(about: payment, of: lightning) { return true }
                }
                return false
            }
            group.addTask {
                for await _ in news { return true }
                return nil
            }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                throw LightningFailure(.unavailable, "no word about a payment in \(Self.patience.formattedForPolicy)")
            }
            defer { group.cancelAll() }
            while let answer = try await group.next() {
                if let answer { return answer }
            }
            return false
        }
    }

    /// - Returns: `nil` for a payment that is known.
    private func wait(for payment: PaymentHash) -> (id: Int, news: AsyncStream<Void>?) {
        state.withLockedValue { state in
            guard !state.known.contains(payment) else { return (0, nil) }
            let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            state.nextID += 1
            state.waits[payment, default: SettlementWait()].waiters[state.nextID] = continuation
            return (state.nextID, stream)
        }
    }

    private func leave(_ id: Int, _ payment: PaymentHash) {
        state.withLockedValue { state in
            state.waits[payment]?.waiters[id] = nil
            Self.clear(payment, &state)
        }
    }

    /// Forgets what nobody waits for any more.
    private static func clear(_ payment: PaymentHash, _ state: inout State) {
        if state.waits[payment]?.count == 0 { state.waits[payment] = nil }
    }

    // MARK: Asking

    /// What the node says of a payment for which somebody waits: the answer to the question that is under way, to a new one
    /// where there is none, and a "no" that was said a moment ago.
    private func answer(about payment: PaymentHash, of lightning: any LightningBackend) async throws -> Bool {
        let (answers, listener) = AsyncThrowingStream<Bool, any Error>.makeStream(bufferingPolicy: .bufferingNewest(1))
        guard let id = listen(for: payment, of: lightning, listener) else { return knows(payment) }
        defer { stopListening(id, payment) }
        for try await answer in answers { return answer }
        // It was noted meanwhile, or whoever asked is gone.
        try Task.checkCancellation()
        return knows(payment)
    }

    /// - Returns: `nil` where there is nothing to be heard.
    private func listen(
        for payment: PaymentHash,
        of lightning: any LightningBackend,
        _ listener: SettlementWait.Listener
    ) -> Int? {
        state.withLockedValue { state in
            guard let wait = state.waits[payment] else { return nil }
            if wait.question == nil, let deniedAt = wait.deniedAt, ContinuousClock.now - deniedAt < Self.shortestPause {
                return nil
            }
            state.nextID += 1
            let id = state.nextID
            state.waits[payment]?.listeners[id] = listener
            if wait.question == nil {
                let asking = Task { await self.ask(lightning, about: payment, id) }
                state.waits[payment]?.question = SettlementWait.Question(id: id, asking: asking)
            }
            return id
        }
    }

    /// A question whose answer nobody wants any more is given up.
    private func stopListening(_ id: Int, _ payment: PaymentHash) {
        let question = state.withLockedValue { state -> SettlementWait.Question? in
            state.waits[payment]?.listeners[id] = nil
            guard let wait = state.waits[payment], wait.listeners.isEmpty else { return nil }
            state.waits[payment]?.question = nil
            return wait.question
        }
        question?.asking.cancel()
    }

    private func ask(_ lightning: any LightningBackend, about payment: PaymentHash, _ question: Int) async {
        let answer: Result<Bool, any Error>
        do {
            answer = .success(try await lightning.isSettled(payment))
        } catch {
            answer = .failure(error)
        }
        if case .success(true) = answer { return note(payment) }
        let listeners = state.withLockedValue { state -> [SettlementWait.Listener] in
            // Of one that was given up the answer counts for nobody.
            guard let wait = state.waits[payment], wait.question?.id == question else { return [] }
            if case .success = answer { state.waits[payment]?.deniedAt = ContinuousClock.now }
            state.waits[payment]?.question = nil
            state.waits[payment]?.listeners = [:]
            return Array(wait.listeners.values)
        }
        for listener in listeners {
            listener.yield(with: answer)
            listener.finish()
        }
    }
}
