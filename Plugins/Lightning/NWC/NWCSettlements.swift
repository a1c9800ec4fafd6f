internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Tells of payments that a wallet has got: of those that it tells by itself, and of those that were found by looking back.
/// May be used from any thread.
final class NWCSettlements: Sendable {
    private struct State {
        var log = NWCSettlementLog()
        var followers = SettlementFollowers()
        /// From when on payments are looked for; `nil`: nobody wants to know.
        var floor: WallTime?
        /// Whether all since the floor are looked for next, and not only the newest.
        var isDue = false
        var tellsByItself = false
        var hasRecalled = false
        var unwritten = 0
    }

    private let time: TimeSource
    private let store: any Store
    private let key: String
    private let state = NIOLockedValueBox(State())
    /// A look is due.
    let looks: AsyncStream<Void>
    private let looked: AsyncStream<Void>.Continuation

    /// The clocks of a wallet and of this machine differ by less.
    private static let clockDifference = Duration.seconds(120)
    /// What is remembered from one process to the next: those within one second, and some more.
    private static let remembered = 256

    /// - Parameter wallet: whose payments they are.
    init(of wallet: NostrPublicKey, _ services: Services) {
        time = services.time
        store = services.store
        key = "nwc/told/\(wallet)"
        (looks, looked) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Learning

    /// Of a payment that has arrived, whoever says so. Known ones are nothing new.
    func add(_ transaction: NWCTransaction) {
        guard transaction.isIncoming else { return }
        let now = time.now()
        let behind = state.withLockedValue { state -> [SettlementFollowers.Continuation] in
            guard
                let settlement = state.log.add(
                    transaction.payment,
                    transaction.amount,
                    settledAt: transaction.settledAt ?? now,
                    at: now
                )
            else { return [] }
            state.unwritten += 1
            return state.followers.tell(settlement)
        }
        for continuation in behind {
            continuation.finish(throwing: LightningFailure(.unavailable, "a reader of the settlements is too slow"))
        }
    }

    func learn(_ profile: NWCProfile) {
        state.withLockedValue { $0.tellsByItself = profile.tellsOfPayments }
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
                if let cursor {
                    for settlement in state.log.settlements(after: cursor) {
                        continuation.yield(settlement)
                    }
                    state.log.begin(after: cursor)
                }
                let start = cursor.map { NWCSettlementLog.time(of: $0) } ?? now
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
    func begin() async -> Look? {
        await recall()
        let now = time.now()
        return state.withLockedValue { state in
            guard let floor = state.floor else { return nil }
            defer { state.isDue = false }
            return Look(floor: floor, isWhole: state.isDue, begunAt: now)
        }
    }

    /// Of a transaction that was found: whether it is news for those who follow. One from before is where the gateway has given
    /// the invoice out and knows of no payment.
    func isNews(_ transaction: NWCTransaction, in look: Look) async -> Bool {
        guard transaction.isIncoming, transaction.isSettled, !knows(transaction.payment) else { return false }
        if let settledAt = transaction.settledAt, settledAt >= look.floor { return true }
        guard let issued = try? await store.invoice(transaction.payment) else { return false }
        // The next look need not ask.
        if issued.state == .settled { state.withLockedValue { $0.log.recall(transaction.payment) } }
        return issued.state == .open
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

    /// What was told last is not told again by the next process, whose cursor is exact to the second only.
    func remember() async {
        let (latest, count) = state.withLockedValue { ($0.log.latest(Self.remembered), $0.unwritten) }
        guard count > 0 else { return }
        let bytes = latest.flatMap { $0.payment.bytes.array }
        guard (try? await store.setValue(bytes, for: key)) != nil else { return }
        state.withLockedValue { $0.unwritten -= count }
    }

    /// Until it has worked, each look tries again.
    func recall() async {
        guard !state.withLockedValue({ $0.hasRecalled }) else { return }
        let bytes: [UInt8]
        do {
            bytes = try await store.value(for: key) ?? []
        } catch {
            return
        }
        let payments = stride(from: 0, to: bytes.count, by: 32).compactMap { start in
            Bytes32(bytes[start...].prefix(32)).map(PaymentHash.init)
        }
        state.withLockedValue { state in
            guard !state.hasRecalled else { return }
            state.hasRecalled = true
            for payment in payments {
                state.log.recall(payment)
            }
        }
    }
}
