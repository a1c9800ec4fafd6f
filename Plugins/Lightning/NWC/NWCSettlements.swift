internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Tells of payments that a wallet has got: of those that it tells by itself, and of those that were found by looking back.
/// May be used from any thread.
final class NWCSettlements: Sendable {
    private struct State {
        var log = NWCSettlementLog()
        var followers = SettlementFollowers()
        /// In the log, and told to nobody yet.
        var pending: [Settlement] = []
        /// What is pending is being written first.
        var isHolding = false
        /// From when on payments are looked for; `nil`: nobody wants to know.
        var floor: WallTime?
        /// Whether all since the floor are looked for next, and not only the newest.
        var isDue = false
        var tellsByItself = false
        /// False once the wallet has said that payments cannot be listed.
        var mayLook = true
        var unwritten = 0
        /// The last of those that write what is to be remembered, one after the other.
        var writing: Task<Void, Never>?

        mutating func note(_ transaction: NWCTransaction, at now: WallTime) {
            guard transaction.isIncoming,
                let settlement = log.add(
                    transaction.payment,
                    transaction.amount,
                    settledAt: transaction.settledAt ?? now,
                    at: now
                )
            else { return }
            pending.append(settlement)
            unwritten += 1
        }

        /// - Returns: those that missed something, for the caller to end.
        mutating func tell() -> [SettlementFollowers.Continuation] {
            guard !isHolding else { return [] }
            var behind = [SettlementFollowers.Continuation]()
            for settlement in pending {
                behind += followers.tell(settlement)
            }
            pending = []
            return behind
        }

        /// What was told before to those who followed then.
        func told(after cursor: SettlementCursor) -> [Settlement] {
            let end = pending.first?.cursor.position ?? .max
            return log.settlements(after: cursor).filter { $0.cursor.position < end }
        }
    }

    private let time: TimeSource
    private let store: any Store
    private let key: String
    private let state = NIOLockedValueBox(State())
    /// A look is due.
    let looks: AsyncStream<Void>
    private let looked: AsyncStream<Void>.Continuation
    /// There is something to remember.
    let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation

    /// The clocks of a wallet and of this machine differ by less.
    private static let clockDifference = Duration.seconds(120)
    /// From one process to the next.
    private static let remembered = 256

    /// - Parameter wallet: whose payments they are.
    init(of wallet: NostrPublicKey, _ services: Services) {
        time = services.time
        store = services.store
        key = "nwc/told/\(wallet)"
        (looks, looked) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        (changes, changed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Learning

    /// Of a payment that has arrived, as the wallet tells. A known one is nothing new.
    func add(_ transaction: NWCTransaction) {
        let now = time.now()
        let behind = state.withLockedValue { state in
            state.note(transaction, at: now)
            return state.tell()
        }
        end(behind)
        changed.yield()
    }

    /// Of payments that were found by looking back, oldest first. They may be older than the cursor that a reader has kept, so
    /// that the next process would not find them: they are written before anybody is told.
    func add(_ found: [NWCTransaction]) async {
        guard !found.isEmpty else { return }
        let now = time.now()
        state.withLockedValue { state in
            state.isHolding = true
            for transaction in found {
                state.note(transaction, at: now)
            }
        }
        await remember()
        let behind = state.withLockedValue { state in
            state.isHolding = false
            return state.tell()
        }
        end(behind)
    }

    /// Outside the lock, because ending a stream calls back.
    private func end(_ behind: [SettlementFollowers.Continuation]) {
        for continuation in behind {
            continuation.finish(throwing: LightningFailure(.unavailable, "a reader of the settlements is too slow"))
        }
    }

    /// Until a wallet says what it can it is taken for one that can all. Whoever followed one that then turns out not to list
    /// payments is told, and has to ask for each.
    func learn(_ profile: NWCProfile) {
        let misled = state.withLockedValue { state -> [SettlementFollowers.Continuation] in
            state.tellsByItself = profile.tellsOfPayments
            defer { state.mayLook = profile.permits(.listTransactions) }
            return state.mayLook && !profile.permits(.listTransactions) ? state.followers.dismiss() : []
        }
        for continuation in misled {
            continuation.finish(
                throwing: LightningFailure(.refused, "the wallet's connection does not permit list_transactions")
            )
        }
    }

    /// False for one that may have arrived all the same.
    func knows(_ payment: PaymentHash) -> Bool { state.withLockedValue { $0.log.knows(payment) } }

    /// How long payments may be unheard of where the wallet tells of them by itself, and where it does not.
    var interval: Duration { state.withLockedValue { $0.tellsByItself } ? .seconds(60) : .seconds(2) }

    // MARK: Telling

    func stream(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        let now = time.now()
        return AsyncThrowingStream(bufferingPolicy: .bufferingOldest(3 * SettlementFollowers.slack)) { continuation in
            let id = state.withLockedValue { state -> Int? in
                guard state.mayLook else { return nil }
                var start = WallTime(seconds: now.seconds)
                if let cursor {
                    for settlement in state.told(after: cursor) {
                        continuation.yield(settlement)
                    }
                    state.log.begin(after: cursor)
                    // What a wallet with a slow clock calls older may have come later.
                    start = NWCSettlementLog.time(of: cursor).advanced(by: Duration.zero - Self.clockDifference)
                }
                state.floor = min(state.floor ?? start, start)
                return state.followers.add(continuation)
            }
            guard let id else { return continuation.finish() }
            continuation.onTermination = { [weak self] _ in
                self?.state.withLockedValue { $0.followers.remove(id) }
            }
            lookBack()
        }
    }

    func end() -> SettlementCursor {
        let now = time.now()
        return state.withLockedValue { $0.log.end(at: now) }
    }

    /// Nothing is told any more.
    func close() {
        let continuations = state.withLockedValue { $0.followers.close() }
        for continuation in continuations {
            continuation.finish()
        }
        looked.finish()
        changed.finish()
    }

    // MARK: Looking

    /// For all that may have been missed: after a time without a relay, and where somebody begins to follow.
    func lookBack() {
        state.withLockedValue { $0.isDue = true }
        looked.yield()
    }

    /// For the newest ones.
    func look() {
        looked.yield()
    }

    /// A look for payments.
    struct Look {
        /// From when on.
        let floor: WallTime
        /// For all since then, and not only for the newest.
        let isWhole: Bool
        let begunAt: WallTime
    }

    /// - Returns: `nil`: nobody wants to know.
    func begin() -> Look? {
        let now = time.now()
        return state.withLockedValue { state in
            guard let floor = state.floor else { return nil }
            defer { state.isDue = false }
            return Look(floor: floor, isWhole: state.isDue, begunAt: now)
        }
    }

    /// Of a transaction that was found: whether it is news for those who follow. Of an invoice that the gateway has given out
    /// the store knows that, and of any other its time tells.
    func isNews(_ transaction: NWCTransaction, in look: Look) async -> Bool {
        guard transaction.isIncoming, transaction.isSettled, !knows(transaction.payment) else { return false }
        let issued = try? await store.invoice(transaction.payment)
        guard let issued else { return transaction.settledAt.map { $0 >= look.floor } ?? false }
        guard issued.state == .settled else { return true }
        // The next look need not ask.
        state.withLockedValue { $0.log.pass(transaction.payment) }
        return false
    }

    /// A look has seen everything: the next one begins where it began.
    func complete(_ look: Look) {
        guard look.isWhole else { return }
        state.withLockedValue { state in
            guard state.floor == look.floor else { return }
            state.floor = max(look.floor, look.begunAt.advanced(by: Duration.zero - Self.clockDifference))
        }
    }

    /// A look has failed: the next one is for all again.
    func fail(_ look: Look) {
        guard look.isWhole else { return }
        state.withLockedValue { $0.isDue = true }
    }

    // MARK: From one process to the next

    /// So that the next process goes on where a reader stands, exactly, and not only to the second of its cursor. One after the
    /// other: an older list never takes the place of a newer one.
    func remember() async {
        let writing = state.withLockedValue { state in
            let task = Task { [before = state.writing] in
                await before?.value
                await self.write()
            }
            state.writing = task
            return task
        }
        await writing.value
    }

    private func write() async {
        let (latest, count) = state.withLockedValue { ($0.log.latest(Self.remembered), $0.unwritten) }
        guard count > 0, (try? await store.setValue(latest, for: key)) != nil else { return }
        state.withLockedValue { $0.unwritten -= count }
    }

    /// Before anything is added, and before anybody follows.
    func recall() async throws {
        guard let bytes = try await store.value(for: key) else { return }
        state.withLockedValue { $0.log.restore(bytes) }
    }
}
