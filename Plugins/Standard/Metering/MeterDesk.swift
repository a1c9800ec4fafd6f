package import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Reserves for metered requests and settles what they have cost: each reservation once, whatever becomes of its exchange or
/// of this process. One for all routes of a policy. May be used from any task.
package final class MeterDesk: Startable {
    /// A reservation that nobody has looked after for so long is somebody else's to settle.
    package static let lease = Duration.seconds(60)
    /// How often reservations are looked after.
    private static let pause = Duration.seconds(10)
    /// What could not be reported is tried again after so long.
    private static let retryPause = Duration.seconds(30)
    /// What no meter of a route can cost is settled by a rule after so long: until then the route may come back. Shorter than
    /// a session remembers what was reconciled with it.
    package static let patience = Duration.seconds(43_200)
    /// Responses that wait here for a store that does not answer. Each is an exchange that ran when it stopped.
    package static let mostOwed = 4_096
    /// Meters whose absence was told.
    private static let mostMissed = 1_024
    /// Of one sweep.
    private static let mostTakenOver = 256
    /// Reservations of one transaction.
    private static let largestBatch = 256

    private struct Request: Sendable {
        let reservation: MeterReservation
        let bundle: MeterBundle?
    }

    private struct Settlement: Sendable {
        let reservation: Bytes32
        let cost: Amount
    }

    /// Who says what a request has cost.
    private enum Judge: Sendable {
        case meter(any UsageMeter)
        /// No route has its meter any more.
        case rule
    }

    /// What the store has not taken yet.
    private struct Owed: Sendable {
        let usage: MeteredUsage
        let judge: Judge
        /// What the meter has said: it is not asked again. `nil`: it could neither be reported nor kept.
        let cost: MeteredCost?
        let isWritten: Bool
    }

    private struct State {
        var meters = [String: any UsageMeter]()
        /// Of exchanges that run here, and those that are being settled.
        var active = Set<Bytes32>()
        /// What is being settled, by what it was bought with.
        var settling = [PaymentHash: [Bytes32: Task<Void, Never>]]()
        /// Until the store says that it is settled, by whomever.
        var owed = [Bytes32: Owed]()
        /// The names of meters that no route has, as far as they were told.
        var missed = Set<String>()
        var sweeping: Task<Void, Never>?
    }

    private let ledger: any MeterLedger
    private let time: TimeSource
    private let logger: Logger
    private let requests: BatchQueue<Request, MeterReserving>
    private let settlements: BatchQueue<Settlement, Bool>
    private let retries: StorePatience
    private let sessions: SessionReconciliation
    private let state = NIOLockedValueBox(State())

    /// What a store does not take is tried again, after these pauses at first.
    package static let usualRetryPauses: [Duration] = [.milliseconds(200), .milliseconds(400), .milliseconds(800)]

    package init(_ services: Services, retryPauses: [Duration] = MeterDesk.usualRetryPauses) {
        let (ledger, time) = (services.store.meters, services.time)
        self.ledger = ledger
        self.time = time
        let retries = StorePatience(pauses: retryPauses)
        self.retries = retries
        sessions = SessionReconciliation(services, patience: retries)
        logger = services.logger
        requests = BatchQueue(
            largestBatch: Self.largestBatch,
            begin: { batch, answer in
                ledger.beginReserving(
                    batch.map { ($0.reservation, $0.bundle) },
                    lease: time.now().advanced(by: Self.lease),
                    then: answer
                )
            }
        )
        settlements = BatchQueue { batch in try await ledger.settle(batch.map { ($0.reservation, $0.cost) }) }
    }

    /// Reservations of this meter that a process has left behind are settled by it.
    package func add(_ meter: any UsageMeter) {
        state.withLockedValue { state in
            state.meters[meter.name] = meter
            state.missed.remove(meter.name)
        }
    }

    // MARK: Reserving

    /// In the store before it returns. What is being settled of the same bundle comes first, so that whoever comes back at the
    /// end of a response finds it settled.
    ///
    /// - Parameter meter: is told that nothing came of the request where this fails, and it keeps the account itself.
    package func reserve(
        _ reservation: MeterReservation,
        from bundle: MeterBundle?,
        by meter: (any UsageMeter)? = nil
    ) async throws -> MeterReserving {
        for task in settling(before: reservation, from: bundle) { await task.value }
        return try await withCheckedThrowingContinuation { continuation in
            ask(reservation, bundle, meter) { continuation.resume(with: $0) }
        }
    }

    /// The same on the event loop of an exchange: without a task where nothing is being settled, as the client waits for each
    /// change of threads.
    package func reserve(
        _ reservation: MeterReservation,
        from bundle: MeterBundle?,
        by meter: any UsageMeter,
        in exchange: Exchange
    ) -> Eventually<MeterReserving> {
        guard settling(before: reservation, from: bundle).isEmpty else {
            return exchange.later { [self] in try await reserve(reservation, from: bundle, by: meter) }
        }
        let promise = exchange.eventLoop.makePromise(of: MeterReserving.self)
        ask(reservation, bundle, meter) { promise.completeWith($0) }
        return .later(promise.futureResult)
    }

    private func settling(before reservation: MeterReservation, from bundle: MeterBundle?) -> [Task<Void, Never>] {
        guard bundle != nil else { return [] }
        return state.withLockedValue { $0.settling[reservation.account.payment].map { Array($0.values) } ?? [] }
    }

    private func ask(
        _ reservation: MeterReservation,
        _ bundle: MeterBundle?,
        _ meter: (any UsageMeter)?,
        then answer: @escaping @Sendable (Result<MeterReserving, any Error>) -> Void
    ) {
        state.withLockedValue { state in
            state.active.insert(reservation.id)
            // A policy that was loaded and refused has added its own in the place of this one.
            if let meter { state.meters[meter.name] = meter }
        }
        requests.ask(Request(reservation: reservation, bundle: bundle)) { [self] result in
            switch result {
            case .success(.reserved): break
            case .success: forget(reservation.id)
            case .failure: undo(reservation, bundle, meter)
            }
            answer(result)
        }
    }

    /// The store does not say that it has written it, and may have done so all the same.
    private func undo(_ reservation: MeterReservation, _ bundle: MeterBundle?, _ meter: (any UsageMeter)?) {
        forget(reservation.id)
        if let meter, bundle == nil, reservation.account.form != .session {
            settle(MeteredUsage(reservation), by: meter, isWritten: false)
        } else {
            Task { try await retries.ask { try await cancel(reservation.id) } }
        }
    }

    private func cancel(_ id: Bytes32) async throws {
        _ = try await settlements.answer(to: Settlement(reservation: id, cost: .zero))
    }

    private func forget(_ id: Bytes32) {
        state.withLockedValue { _ = $0.active.remove(id) }
    }

    // MARK: Settling

    /// Returns at once.
    ///
    /// - Parameter isWritten: false where the store may not know the reservation.
    package func settle(_ usage: MeteredUsage, by meter: any UsageMeter, isWritten: Bool = true) {
        settle(Owed(usage: usage, judge: .meter(meter), cost: nil, isWritten: isWritten))
    }

    private func settle(_ owed: Owed) {
        let (id, payment) = (owed.usage.reservation.id, owed.usage.reservation.account.payment)
        state.withLockedValue { state in
            state.active.insert(id)
            state.settling[payment, default: [:]][id] = Task {
                await self.settled(owed)
                self.state.withLockedValue { state in
                    state.active.remove(id)
                    state.settling[payment]?[id] = nil
                    if state.settling[payment]?.isEmpty == true { state.settling[payment] = nil }
                }
            }
        }
    }

    private func settled(_ owed: Owed) async {
        let reservation = owed.usage.reservation
        let cost: MeteredCost
        do {
            if let known = owed.cost {
                cost = known
            } else {
                cost = try await self.cost(of: owed)
            }
        } catch {
            log("cannot report what a request has used yet", error, reservation)
            await keep(owed)
            return
        }
        do {
            try await book(cost, of: owed)
            state.withLockedValue { $0.owed[reservation.id] = nil }
        } catch {
            log("cannot book what a request has used yet", error, reservation)
            // Its cost is known: what was seen of the response need not wait.
            remember(
                Owed(usage: MeteredUsage(reservation), judge: owed.judge, cost: cost, isWritten: owed.isWritten)
            )
        }
    }

    private func cost(of owed: Owed) async throws -> MeteredCost {
        switch owed.judge {
        case .meter(let meter): return try await meter.cost(of: owed.usage)
        case .rule: return .amount(AbandonedUsage.cost(of: owed.usage))
        }
    }

    /// Until the store answers again.
    private func remember(_ owed: Owed) {
        let id = owed.usage.reservation.id
        let isKept = state.withLockedValue { state in
            guard state.owed[id] != nil || state.owed.count < Self.mostOwed else { return false }
            state.owed[id] = owed
            return true
        }
        if !isKept {
            logger.error(
                "too many requests wait for the store: one will cost nothing",
                metadata: ["meter": "\(owed.usage.reservation.meter)", "reservation": "\(id.hex)"]
            )
        }
    }

    private func log(_ message: Logger.Message, _ error: any Error, _ reservation: MeterReservation) {
        logger.error(
            message,
            metadata: [
                "meter": "\(reservation.meter)", "reservation": "\(reservation.id.hex)", "reason": "\(error)",
            ]
        )
    }

    private func book(_ cost: MeteredCost, of owed: Owed) async throws {
        let reservation = owed.usage.reservation
        var amount = Amount.zero
        if case .amount(let cost) = cost {
            amount = cost
            if reservation.account.form == .session { try await sessions.reconcile(cost, of: reservation) }
        }
        let (id, taken) = (reservation.id, amount)
        let isFirst: Bool
        switch owed.judge {
        case .meter:
            isFirst = try await retries.ask { [settlements] in
                try await settlements.answer(to: Settlement(reservation: id, cost: taken))
            }
        case .rule:
            isFirst = try await retries.ask { [ledger] in
                try await ledger.settle(id, cost: taken, because: AbandonedUsage.reason)
            }
        }
        guard !isFirst, owed.isWritten else { return }
        logger.error(
            "what a request has used was settled already, as that of a process that is gone",
            metadata: ["meter": "\(reservation.meter)", "reservation": "\(reservation.id.hex)", "cost": "\(amount)"]
        )
    }

    /// Where the store does not keep it, it is kept here.
    private func keep(_ owed: Owed) async {
        let id = owed.usage.reservation.id
        let lease = time.now().advanced(by: Self.retryPause)
        do {
            try await ledger.keep(owed.usage.response, of: id, until: lease)
            state.withLockedValue { $0.owed[id] = nil }
        } catch {
            remember(owed)
            logger.error(
                "cannot keep what a request has used",
                metadata: ["reservation": "\(id.hex)", "reason": "\(error)"]
            )
        }
    }

    // MARK: What is left behind

    package func start() async throws {
        let task = Task { await sweepForEver() }
        state.withLockedValue { $0.sweeping = task }
    }

    package func stop() async {
        let sweeping = state.withLockedValue { $0.sweeping }
        sweeping?.cancel()
        await sweeping?.value
        await quiesce()
    }

    private func sweepForEver() async {
        repeat {
            await sweep()
        } while (try? await Task.sleep(for: Self.pause)) != nil
    }

    /// Looks after what is reserved here, and begins to settle what nobody looks after.
    package func sweep() async {
        let now = time.now()
        let (owed, active) = state.withLockedValue { state in
            (
                state.owed.values.filter { !state.active.contains($0.usage.reservation.id) },
                Array(state.active.union(state.owed.keys))
            )
        }
        do {
            if !active.isEmpty { try await ledger.extend(active, until: now.advanced(by: Self.lease)) }
            // It answers again.
            for owed in owed { settle(owed) }
            let left = try await ledger.takeOver(
                at: now,
                until: now.advanced(by: Self.lease),
                limit: Self.mostTakenOver
            )
            for (reservation, response) in left {
                let usage = MeteredUsage(reservation, response ?? MeteredUsage.Response())
                guard let judge = self.judge(of: reservation, at: now) else { continue }
                settle(Owed(usage: usage, judge: judge, cost: nil, isWritten: true))
            }
        } catch {
            logger.error("cannot look after what is reserved", metadata: ["reason": "\(error)"])
        }
    }

    /// `nil` where nobody is to settle it now: it runs here, and was late to be extended, or its meter may come back.
    private func judge(of reservation: MeterReservation, at now: WallTime) -> Judge? {
        let (isOwn, meter) = state.withLockedValue { state in
            (
                state.active.contains(reservation.id) || state.owed[reservation.id] != nil,
                state.meters[reservation.meter]
            )
        }
        if isOwn { return nil }
        if let meter { return .meter(meter) }
        let isNew = state.withLockedValue { state in
            guard state.missed.count < Self.mostMissed else { return false }
            return state.missed.insert(reservation.meter).inserted
        }
        let isAbandoned = reservation.madeAt.advanced(by: Self.patience) <= now
        if isNew || isAbandoned {
            logger.warning(
                "no route has the meter of what a request has used; it is settled by rule twelve hours after the request",
                metadata: ["meter": "\(reservation.meter)", "reservation": "\(reservation.id.hex)"]
            )
        }
        return isAbandoned ? .rule : nil
    }

    /// Waits until nothing is being settled, as far as that has begun.
    package func quiesce() async {
        let tasks = state.withLockedValue { $0.settling.values.flatMap(\.values) }
        for task in tasks { await task.value }
    }

    /// Reservations that this process looks after.
    package var activeCount: Int { state.withLockedValue { $0.active.count } }

    /// What waits here for the store to answer.
    package var owedCount: Int { state.withLockedValue { $0.owed.count } }
}
