internal import Crypto
package import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The payments that are held until their requests were served: taken when the upstream has answered without an error, and
/// otherwise given back. One for all routes of a policy. May be used from any task.
///
/// The store knows them before anybody can pay. So what a process has left that died is found at its next start, or sooner by
/// another one that shares the store. Who serves a payment, and who gives it back, has to have taken it in the ledger: it is
/// one of both at a time, in all processes. See "A payment may be held" among the decisions.
package final class HeldPayments: HoldingDesk, Startable {
    /// How long a payment is held that no request is served for: much less than nodes hold one.
    static let patience = Duration.seconds(120)
    /// Between two rounds; shorter than `ChargeLedger.margin`.
    static let pause = Duration.seconds(10)
    /// From the end of an invoice until nothing is on its way to it any more.
    static let grace = Duration.seconds(300)

    /// What is known of one.
    struct Watch {
        let payment: HeldPayment
        /// When the node is asked again.
        var due: NIODeadline
        /// Until when it is left to its page, where the node holds it; `nil`: it was not seen to be held.
        var end: NIODeadline?
    }

    struct State {
        var watched: [PaymentHash: Watch] = [:]
        var partsRead = 0
        var tasks: [Task<Void, Never>] = []
    }

    let store: any Store
    let lightning: any LightningBackend
    let budget: InvoiceBudget
    let ledger: ChargeLedger
    let time: TimeSource
    let logger: Logger
    let state = NIOLockedValueBox(State())
    private let check: InvoiceCheck

    /// - Parameter attempts: those of the process, to serve what was paid for.
    package init(_ services: Services, attempts: ChargeAttempts) {
        store = services.store
        lightning = services.lightning
        check = services.invoiceCheck
        budget = services.invoiceBudget
        time = services.time
        logger = services.logger
        ledger = ChargeLedger(store: services.store, time: services.time, attempts: attempts)
    }

    // MARK: Starting

    package func start() async throws {
        try await readAll()
        let tasks: [Task<Void, Never>] = [
            // Beside the other: a node that is slow must cost no request its payment.
            Task {
                while !Task.isCancelled {
                    await keep()
                    try? await Task.sleep(for: Self.pause)
                }
            },
            Task {
                while !Task.isCancelled {
                    await readPart()
                    // What is due does not wait because it is much.
                    while await sweep() {
                        if Task.isCancelled { return }
                    }
                    try? await Task.sleep(for: Self.pause)
                }
            },
        ]
        state.withLockedValue { $0.tasks = tasks }
    }

    package func stop() async {
        let tasks = state.withLockedValue { $0.tasks }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    // MARK: Selling

    package func makeInvoice(
        by lightning: any LightningBackend,
        for amount: Amount,
        of service: String,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        let secret = Bytes32.random()
        guard let hash = Bytes32(SHA256.hash(data: secret.array)) else {
            throw LightningFailure(.malformed, "SHA-256 has no 32 bytes")
        }
        let payment = PaymentHash(hash)
        let held = HeldPayment(
            preimage: Preimage(secret),
            expiresAt: time.now().advanced(by: expiresIn),
            service: service
        )
        // Before the node is asked: what may be paid can always be taken or given back.
        try await store.setValue(held.encoded(), for: HeldPayment.key(of: payment))
        watch(payment, held)
        do {
            let invoice = try await check.holdInvoice(
                of: lightning,
                for: amount,
                payment: payment,
                memo: memo,
                expiresIn: expiresIn
            )
            try Task.checkCancellation()
            return invoice
        } catch {
            // Nobody was given it, whatever the node has made: nobody pays it. In a task of its own, since this one may be
            // cancelled.
            await Task { await forget(payment) }.value
            throw error
        }
    }

    package func state(of payment: PaymentHash) async throws -> InvoiceState? {
        guard try await held(payment) != nil else { return nil }
        return try await lightning.invoiceState(payment)
    }

    /// `nil` for a payment that is none of these. One that another process has made is in the store.
    private func held(_ payment: PaymentHash) async throws -> HeldPayment? {
        if let known = state.withLockedValue({ $0.watched[payment]?.payment }) { return known }
        guard let bytes = try await store.value(for: HeldPayment.key(of: payment)) else { return nil }
        guard let held = HeldPayment(stored: bytes) else {
            throw StoreFailure("the store holds a held payment that cannot be read")
        }
        watch(payment, held)
        return held
    }

    func watch(_ payment: PaymentHash, _ held: HeldPayment) {
        let due = time.uptime() + TimeAmount(Self.pause)
        state.withLockedValue { state in
            if state.watched[payment] == nil { state.watched[payment] = Watch(payment: held, due: due) }
        }
    }

    // MARK: Ending

    /// A request is served for a payment that is held: until it is settled or given back nobody else gives it back or serves
    /// it, however long that takes.
    package func serve(_ taken: TakenCharge) { ledger.keep(taken) }

    /// Takes what is held, because something was delivered for it that goes out once this has returned.
    ///
    /// - Throws: `LightningFailure`; `refused` where it has gone back, and any other where that is not known. `StoreFailure`
    ///   where it is not known whether another process has taken over.
    package func settle(_ taken: TakenCharge) async throws {
        let payment = taken.payment
        do {
            guard let held = try await held(payment) else {
                throw LightningFailure(.refused, "nothing is known of a held payment")
            }
            guard try await ledger.secures(taken) else {
                throw LightningFailure(.refused, "another process has taken over a held payment")
            }
            try await lightning.settleInvoice(with: held.preimage)
        } catch {
            // Its page may come again.
            watchAgain(payment, for: Self.patience)
            throw error
        }
        await forget(payment)
    }

    /// Gives back what is held, soon: where the node does not answer, again and again.
    func giveBack(_ taken: TakenCharge) {
        Task { await givenBack(taken) }
    }

    /// What fails is tried again by `sweep`.
    package func givenBack(_ taken: TakenCharge) async {
        do {
            try await cancel(taken)
        } catch {
            logger.warning(
                "cannot give back a held payment yet",
                metadata: ["payment": "\(taken.payment)", "reason": "\(error)"]
            )
            watchAgain(taken.payment, for: .zero)
        }
    }

    /// While it is this attempt's, nobody serves what goes back.
    func cancel(_ taken: TakenCharge) async throws {
        do {
            if try await ledger.secures(taken) { try await cancel(taken.payment, isHeld: true) }
        } catch {
            await free(taken)
            throw error
        }
        await free(taken)
    }

    /// Another request may be served for it.
    func free(_ taken: TakenCharge) async {
        if await ledger.releaseOnce(taken, logger: logger) { return }
        Task { await ledger.release(taken, logger: logger) }
    }

    /// - Throws: `LightningFailure` when it may still be paid or held.
    func cancel(_ payment: PaymentHash, isHeld: Bool) async throws {
        let service = try await held(payment)?.service
        do {
            try await lightning.cancelInvoice(payment)
        } catch let failure as LightningFailure where failure.reason == .refused {
            switch try await lightning.invoiceState(payment) {
            // A node that does not let it be cancelled: what settles it is kept.
            case .open, .held: throw failure
            // The money is here, and whoever paid it may still present it.
            case .settled: return await forget(payment)
            case .ended: break
            }
        }
        budget.close(payment)
        if isHeld, let service { budget.tally.noteCancelled(for: service) }
        await forget(payment)
    }

    func forget(_ payment: PaymentHash) async {
        do {
            try await store.setValue(nil, for: HeldPayment.key(of: payment))
        } catch {
            // It is found again later, and nothing is held for it then.
            logger.warning("cannot forget a held payment", metadata: ["payment": "\(payment)", "reason": "\(error)"])
        }
        state.withLockedValue { $0.watched[payment] = nil }
    }
}
