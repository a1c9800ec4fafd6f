package import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers

/// The sessions of one gateway: spends them, and ends those that nobody uses. One for all routes of a policy; there also
/// where no route offers sessions any more, for those that were opened before. May be used from any task.
package final class SessionBook: Startable {
    private struct State {
        /// Exchanges that spend a session right now.
        var users = [PaymentHash: Int]()
        /// The responses among them that may have paid ahead: how each is asked to give that back.
        var streams = [PaymentHash: [Int: @Sendable () async -> Void]]()
        var streamNumber = 0
        /// Calls that are ending a session right now.
        var endings = [PaymentHash: Int]()
        /// Goes up when a session is topped up or ends, while somebody spends it.
        var changes = [PaymentHash: Int]()
        /// The last amount that is being given back to a session; it waits for those before it.
        var returns = [PaymentHash: (number: Int, task: Task<Void, Never>)]()
        var returnNumber = 0
        var sweeping: Task<Void, Never>?
    }

    /// How long an action is kept after its challenge has expired (draft-lightning-session, "Idempotency").
    private static let retention = Duration.seconds(300)

    let ledger: any SessionLedger
    let time: TimeSource
    let refunds: SessionRefunds
    let logger: Logger
    private let takings: BatchQueue<SessionTaking, SessionChange>
    private let state = NIOLockedValueBox(State())

    package init(_ services: Services) {
        ledger = services.store.sessions
        time = services.time
        logger = services.logger
        takings = BatchQueue { [ledger] in try await ledger.take($0) }
        refunds = SessionRefunds(services)
    }

    // MARK: Spending

    func take(_ taking: SessionTaking) async throws -> SessionChange {
        try await takings.answer(to: taking)
    }

    /// Begins at once; whoever ends the session waits for it. What cannot be given back stays spent, which the log tells.
    @discardableResult
    func giveBack(_ amount: Amount, to session: PaymentHash) -> Task<Void, Never> {
        state.withLockedValue { state in
            let earlier = state.returns[session]?.task
            state.returnNumber += 1
            let number = state.returnNumber
            let task = Task {
                await earlier?.value
                await self.returned(amount, to: session)
                self.state.withLockedValue { state in
                    if state.returns[session]?.number == number { state.returns[session] = nil }
                }
            }
            state.returns[session] = (number, task)
            return task
        }
    }

    private func returned(_ amount: Amount, to session: PaymentHash) async {
        let attempts = 5
        let end = time.now().advanced(by: Self.retention)
        let action = SessionAction(challenge: .random(), fingerprint: .random(), end: end)
        for attempt in 1...attempts {
            do {
                switch try await ledger.giveBack(amount, to: session, by: action) {
                case .done, .repeated: break
                case .unknown, .ended, .insufficient, .challengeUsed, .foreignPayment, .returnInvoiceUsed:
                    logger.error(
                        "what bought nothing stays spent, because its session has ended",
                        metadata: ["session": "\(session)", "amount": "\(amount)"]
                    )
                }
                return
            } catch {
                logger.error(
                    attempt == attempts ? "what bought nothing stays spent" : "cannot give back to a session yet",
                    metadata: ["session": "\(session)", "amount": "\(amount)", "reason": "\(error)"]
                )
                if attempt < attempts { try? await Task.sleep(for: .milliseconds(200 << attempt)) }
            }
        }
    }

    /// Ends a session: what the responses of this process have paid ahead and did not deliver is back on it before, and
    /// they take nothing from it meanwhile.
    func ending<Result>(_ session: PaymentHash, _ end: () async throws -> Result) async rethrows -> Result {
        let streams = state.withLockedValue { state in
            state.endings[session, default: 0] += 1
            return state.streams[session].map { Array($0.values) } ?? []
        }
        defer {
            state.withLockedValue { state in
                let count = state.endings[session] ?? 1
                state.endings[session] = count > 1 ? count - 1 : nil
            }
        }
        for giveBackAhead in streams { await giveBackAhead() }
        await state.withLockedValue({ $0.returns[session]?.task })?.value
        return try await end()
    }

    func isEnding(_ session: PaymentHash) -> Bool {
        state.withLockedValue { $0.endings[session] != nil }
    }

    /// For an exchange that was let through with the session, and for which a unit is taken already.
    ///
    /// - Parameter price: of a unit; `nil`: that for which the session was opened.
    package func account(of session: Session, price: Amount? = nil, challengeID: String) -> any SessionAccount {
        OpenAccount(session: session.id, price: price ?? session.price, challengeID: challengeID, book: self)
    }

    // MARK: Users

    /// `endUse` follows, exactly once.
    func beginUse(of session: PaymentHash) {
        state.withLockedValue { $0.users[session, default: 0] += 1 }
    }

    /// - Parameter giveBackAhead: gives back what the stream has paid ahead, and returns when that has begun.
    /// - Returns: what `endStream` is told, exactly once.
    func beginStream(of session: PaymentHash, _ giveBackAhead: @escaping @Sendable () async -> Void) -> Int {
        beginUse(of: session)
        return state.withLockedValue { state in
            state.streamNumber += 1
            state.streams[session, default: [:]][state.streamNumber] = giveBackAhead
            return state.streamNumber
        }
    }

    func endStream(_ number: Int, of session: PaymentHash) {
        state.withLockedValue { state in
            state.streams[session]?[number] = nil
            if state.streams[session]?.isEmpty == true { state.streams[session] = nil }
        }
        endUse(of: session)
    }

    func endUse(of session: PaymentHash) {
        state.withLockedValue { state in
            guard let count = state.users[session] else { return }
            state.users[session] = count > 1 ? count - 1 : nil
            if count == 1 { state.changes[session] = nil }
        }
    }

    /// Wakes those that wait for a session to be topped up, or to end.
    func noteChange(of session: PaymentHash) {
        state.withLockedValue { state in
            if state.users[session] != nil { state.changes[session, default: 0] += 1 }
        }
    }

    /// Returns when there may be more left than in `balance`, or the session has ended.
    func change(of session: PaymentHash, after balance: SessionBalance) async throws {
        while true {
            let known = state.withLockedValue { $0.changes[session] }
            let kept = try await ledger.session(session)
            guard let kept, kept.state == .open, SessionBalance(kept).left <= balance.left else { return }
            // In this process at once; another's top-up is in the store, which is asked every second.
            for _ in 0..<20 {
                try await Task.sleep(for: .milliseconds(50))
                if state.withLockedValue({ $0.changes[session] }) != known { break }
            }
        }
    }

    // MARK: Sweeping

    package func start() async throws {
        let task = Task { await sweepForEver() }
        state.withLockedValue { $0.sweeping = task }
    }

    package func stop() async {
        let sweeping = state.withLockedValue { $0.sweeping }
        sweeping?.cancel()
        await sweeping?.value
        refunds.cancel()
        await quiesce()
    }

    private func sweepForEver() async {
        var round = 0
        var pause = Duration.seconds(1)
        repeat {
            // A store that does not answer is asked less and less often.
            pause = await sweep() ? .seconds(1) : min(pause * 2, .seconds(60))
            round += 1
            if round % 5 == 0 { await touchUsed() }
            if round % 60 == 0 { await forgetActions() }
        } while (try? await Task.sleep(for: pause)) != nil
    }

    /// Ends idle sessions and pays back what is due, as far as the refunds that run already leave room. Returns before the
    /// refunds have ended.
    ///
    /// - Returns: false when the store did not answer.
    @discardableResult
    package func sweep() async -> Bool {
        do {
            let now = time.now()
            for session in try await ledger.due(at: now, limit: refunds.room) {
                if session.state == .closing {
                    try await refunds.begin(session)
                } else if state.withLockedValue({ $0.users[session.id] != nil }) {
                    try await ledger.touch([session.id], at: now)
                } else {
                    try await end(session.id, .idle)
                }
            }
            return true
        } catch {
            logger.error("cannot look after the sessions", metadata: ["reason": "\(error)"])
            return false
        }
    }

    /// Waits until nothing is given back and no refund is tried any more, as far as that has begun, and no response has
    /// paid ahead.
    package func quiesce() async {
        let streams = state.withLockedValue { $0.streams.values.flatMap(\.values) }
        for giveBackAhead in streams { await giveBackAhead() }
        for task in state.withLockedValue({ $0.returns.values.map(\.task) }) { await task.value }
        await refunds.quiesce()
    }

    /// Ends a session that no client has ended, and begins to pay back what is left.
    func end(_ session: PaymentHash, _ ending: Session.Ending) async throws {
        let ended = try await self.ending(session) {
            let now = time.now()
            let retryAt = now.advanced(by: SessionRefunds.lease)
            return try await ledger.end(session, ending, at: now, retryAt: retryAt)
        }
        guard let ended else { return }
        noteChange(of: session)
        logger.info(
            "a session is closed",
            metadata: ["session": "\(session)", "refund": "\(ended.rest)", "reason": "\(ending.rawValue)"]
        )
        if ended.state == .closing { refunds.attempt(ended) }
    }

    /// Other instances must not hold for idle what this one serves.
    private func touchUsed() async {
        let used = state.withLockedValue { Array($0.users.keys) }
        guard !used.isEmpty else { return }
        do {
            try await ledger.touch(used, at: time.now())
        } catch {
            logger.error("cannot say which sessions are in use", metadata: ["reason": "\(error)"])
        }
    }

    private func forgetActions() async {
        do {
            try await ledger.forgetActions(before: time.now().advanced(by: .zero - Self.retention))
        } catch {
            logger.error("cannot forget old actions of sessions", metadata: ["reason": "\(error)"])
        }
    }
}

extension SessionBalance {
    init(_ session: Session) {
        self.init(deposit: session.deposit, spent: session.spent)
    }
}
