internal import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The invoices and payments of the development node: in memory, and in the store soon after.
///
/// Any task may call it. What decides is done in memory under one lock, and who makes an invoice never waits for the
/// store.
final class DevLedger: Sendable {
    /// Invoices in memory at the most. Older ones are read from the store when somebody asks.
    private let capacity: Int
    private let store: any Store
    private let time: TimeSource
    private let logger: Logger
    private let state = NIOLockedValueBox(State())
    /// Writes to the store that are under way at one time.
    private static let concurrentWrites = 64

    private struct State {
        var invoices: [PaymentHash: DevInvoice] = [:]
        /// The hashes of `invoices`, oldest first.
        var order = CircularBuffer<PaymentHash>()
        var addIndex: UInt64 = 0
        /// Where a payment stands in `settlements`.
        var settled: [PaymentHash: Int] = [:]
        /// In the order of their cursors. Never forgotten: a payment costs about 100 bytes while the process lives.
        var settlements: [Settlement] = []
        var followers = SettlementFollowers()
        var expirations = DevExpirations()
        /// Changed since they were written.
        var unwritten: Set<PaymentHash> = []
        /// Being written by `round`.
        var writing: Set<PaymentHash> = []
        var round: Task<Void, any Error>?
    }

    init(store: any Store, time: TimeSource, logger: Logger, capacity: Int) {
        self.store = store
        self.time = time
        self.logger = logger
        self.capacity = capacity
    }

    /// Reads what was paid before this process, and what was not.
    func load() async throws {
        var settlements = [Settlement]()
        for row in try await store.values(withPrefix: DevSettlementRow.prefix) {
            // Rows are written side by side, so a crash may have left gaps; their order is what counts.
            guard let settlement = DevSettlementRow.decoded(row.value),
                settlement.cursor.position > settlements.last?.cursor.position ?? 0
            else {
                throw StartFailure("the store's \(row.key) is not the settlement that the development node wrote there")
            }
            settlements.append(settlement)
        }
        state.withLockedValue { state in
            state.settlements = settlements
            state.settled = Dictionary(
                settlements.enumerated().map { ($0.element.payment, $0.offset) },
                uniquingKeysWith: { first, _ in first }
            )
        }
        // In parts, because a load test leaves many.
        for byte in UInt8.min...UInt8.max {
            for row in try await store.values(withPrefix: Self.invoicePrefix + Hex.encoded([byte])) {
                guard let invoice = try? DevInvoice(stored: row.value).invoice else { continue }
                state.withLockedValue { state in
                    if state.settled[invoice.paymentHash] == nil { state.expirations.add(invoice) }
                }
            }
        }
    }

    // MARK: Invoices

    /// - Throws: `LightningFailure` when the store has fallen so far behind that memory is full, or there is an invoice for
    ///   the payment already.
    func add(_ make: (_ addIndex: UInt64) throws -> DevInvoice) throws -> DevInvoice {
        let index = try state.withLockedValue { state in
            guard state.unwritten.count + state.writing.count < capacity else {
                throw LightningFailure(.unavailable, "the store does not keep up with the invoices of the node")
            }
            state.addIndex += 1
            return state.addIndex
        }
        // Signing takes most of the time, so it is done outside the lock.
        let invoice = try make(index)
        try state.withLockedValue { state in
            // Somebody may have been faster.
            guard state.invoices[invoice.invoice.paymentHash] == nil else { throw Self.alreadyMade }
            remember(invoice, &state)
            state.expirations.add(invoice.invoice)
            state.unwritten.insert(invoice.invoice.paymentHash)
            startRound(&state)
        }
        return invoice
    }

    static let alreadyMade = LightningFailure(.refused, "invoice with payment hash already exists")

    /// `nil` when this node never made it.
    func invoice(_ payment: PaymentHash) async throws -> DevInvoice? {
        if let known = state.withLockedValue({ $0.invoices[payment] }) { return known }
        guard let bytes = try await store.value(for: Self.key(of: payment)) else { return nil }
        let invoice = try DevInvoice(stored: bytes)
        return state.withLockedValue { state in
            // It may have changed since it was read.
            if let known = state.invoices[payment] { return known }
            remember(invoice, &state)
            return invoice
        }
    }

    private static let invoicePrefix = "dev/invoice/"

    private static func key(of payment: PaymentHash) -> String {
        "\(invoicePrefix)\(payment)"
    }

    private func remember(_ invoice: DevInvoice, _ state: inout State) {
        let payment = invoice.invoice.paymentHash
        guard state.invoices.updateValue(invoice, forKey: payment) == nil else { return }
        state.order.append(payment)
        // Those that are still to be written stay, behind the others; `add` bounds their number.
        for _ in 0..<state.order.count where state.invoices.count > capacity {
            guard let oldest = state.order.popFirst() else { return }
            if state.unwritten.contains(oldest) || state.writing.contains(oldest) || oldest == payment {
                state.order.append(oldest)
            } else {
                state.invoices[oldest] = nil
            }
        }
    }

    // MARK: Payments

    func settlement(of payment: PaymentHash) -> Settlement? {
        state.withLockedValue { state in state.settled[payment].map { state.settlements[$0] } }
    }

    /// Takes an invoice as paid.
    ///
    /// - Returns: `nil` for every caller but one: it is paid already, or cancelled.
    func settle(_ invoice: DevInvoice, for amount: Amount, at time: WallTime) -> Settlement? {
        let payment = invoice.invoice.paymentHash
        let (settlement, behind) = state.withLockedValue { state -> (Settlement?, [SettlementFollowers.Continuation]) in
            guard state.settled[payment] == nil, state.invoices[payment]?.isCancelled != true else { return (nil, []) }
            let settlement = Settlement(
                payment: payment,
                amount: amount,
                settledAt: time,
                cursor: SettlementCursor(position: (state.settlements.last?.cursor.position ?? 0) + 1)
            )
            state.settled[payment] = state.settlements.count
            state.settlements.append(settlement)
            state.unwritten.insert(payment)
            remember(invoice, &state)
            startRound(&state)
            return (settlement, state.followers.tell(settlement))
        }
        // Outside the lock, because ending a stream calls back.
        for continuation in behind {
            continuation.finish(throwing: LightningFailure(.unavailable, "the reader of the settlements fell behind"))
        }
        return settlement
    }

    /// Keeps an invoice from being paid.
    ///
    /// - Returns: false when it is paid.
    func cancel(_ invoice: DevInvoice) -> Bool {
        let payment = invoice.invoice.paymentHash
        var cancelled = invoice
        cancelled.isCancelled = true
        return state.withLockedValue { state in
            guard state.settled[payment] == nil else { return false }
            remember(cancelled, &state)
            state.unwritten.insert(payment)
            startRound(&state)
            return true
        }
    }

    /// Of an invoice that was asked for just now.
    func isCancelled(_ payment: PaymentHash) -> Bool {
        state.withLockedValue { $0.invoices[payment]?.isCancelled ?? false }
    }

    func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        let known = state.withLockedValue { $0.settlements.count }
        let (stream, continuation) = AsyncThrowingStream.makeStream(
            of: Settlement.self,
            bufferingPolicy: .bufferingOldest(known + SettlementFollowers.slack)
        )
        let id = state.withLockedValue { state -> Int? in
            if let cursor {
                for settlement in state.settlements where settlement.cursor.position > cursor.position {
                    continuation.yield(settlement)
                }
            }
            return state.followers.add(continuation)
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLockedValue { $0.followers.remove(id) }
        }
        return stream
    }

    // MARK: Writing

    /// Waits until everything up to now is in the store.
    func flush() async throws {
        // Two rounds at the most: the one that is under way, and the one that takes what came since it began. What the
        // first could not write, the second tries again: the store may be well by now.
        for isLast in [false, true] {
            let round = state.withLockedValue { state in
                startRound(&state)
                return state.round
            }
            guard let round else { return }
            do {
                try await round.value
            } catch  where !isLast {}
        }
    }

    /// Writes the rest out and ends every stream of settlements.
    func stop() async {
        do {
            try await flush()
        } catch {
            let count = state.withLockedValue { $0.unwritten.count }
            logger.error("the development node lost \(count) invoices that the store did not take: \(error)")
        }
        for continuation in state.withLockedValue({ $0.followers.close() }) {
            continuation.finish()
        }
    }

    private func startRound(_ state: inout State) {
        guard state.round == nil, !state.unwritten.isEmpty else { return }
        swap(&state.writing, &state.unwritten)
        let batch = state.writing
        state.round = Task { try await self.write(batch) }
    }

    /// One round: everything that had changed when it began, and then the next round if more came.
    private func write(_ batch: Set<PaymentHash>) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (count, payment) in batch.enumerated() {
                    if count >= Self.concurrentWrites {
                        try await group.next()
                    }
                    group.addTask { try await self.write(payment) }
                }
                try await group.waitForAll()
            }
        } catch {
            logger.warning("the development node could not write \(batch.count) invoices: \(error)")
            // The next change or flush tries again; a round that began at once would only fail again.
            state.withLockedValue { state in
                state.unwritten.formUnion(state.writing)
                state.writing = []
                state.round = nil
            }
            throw error
        }
        await forgetExpired(batch.count + Self.concurrentWrites)
        state.withLockedValue { state in
            state.writing = []
            state.round = nil
            startRound(&state)
        }
    }

    /// Puts a payment into the store at once, ahead of the invoices that wait for their round.
    func write(_ settlement: Settlement) async throws {
        try await store.setValue(DevSettlementRow.encoded(settlement), for: DevSettlementRow.key(of: settlement))
    }

    private func write(_ payment: PaymentHash) async throws {
        let (invoice, settlement) = state.withLockedValue { state in
            (state.invoices[payment], state.settled[payment].map { state.settlements[$0] })
        }
        guard let invoice else { return }
        if let settlement {
            try await write(settlement)
        } else if DevExpirations.isPast(invoice.invoice, at: time.now()) {
            return
        }
        try await store.setValue(invoice.encoded(settlement: settlement), for: Self.key(of: payment))
    }

    /// Deletes invoices that ended long ago and were not paid, `limit` at the most: more than were written in the round,
    /// so that they become fewer.
    private func forgetExpired(_ limit: Int) async {
        let now = time.now()
        for payment in state.withLockedValue({ $0.expirations.take(limit, at: now) })
        where settlement(of: payment) == nil {
            do {
                try await store.setValue(nil, for: Self.key(of: payment))
            } catch {
                // They are found again at the next start.
                logger.warning("the development node could not forget unpaid invoices: \(error)")
                return
            }
        }
    }
}
