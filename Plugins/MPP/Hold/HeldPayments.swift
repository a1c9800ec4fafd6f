internal import Crypto
package import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers

/// The payments that are held until their requests were served: taken when the upstream answered 2xx, and otherwise given
/// back. One for all routes of a policy. May be used from any task.
///
/// The store knows them before anybody can pay. So what a crash has left is found at the next start: a payment that is still
/// held, and that nobody claims within `patience`, goes back. See "A payment may be held" among the decisions.
package final class HeldPayments: HoldingDesk, Startable {
    /// How long a payment is held for a page that does not come for it, or a request that does not end: much less than nodes
    /// hold one, and more than a request takes that is not a stream.
    static let patience = Duration.seconds(120)
    private static let pause = Duration.seconds(10)
    /// From the end of an invoice until nothing is on its way to it any more.
    private static let grace = Duration.seconds(300)
    /// Payments that are asked for in a round.
    private static let mostLooks = 256

    private struct State {
        var held: [PaymentHash: HeldPayment] = [:]
        /// Since when the node holds those that it holds.
        var since: [PaymentHash: WallTime] = [:]
        var looked = 0
        var sweeping: Task<Void, Never>?
    }

    private let store: any Store
    private let lightning: any LightningBackend
    private let check: InvoiceCheck
    private let budget: InvoiceBudget
    private let time: TimeSource
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    package init(_ services: Services) {
        store = services.store
        lightning = services.lightning
        check = services.invoiceCheck
        budget = services.invoiceBudget
        time = services.time
        logger = services.logger
    }

    // MARK: Starting

    package func start() async throws {
        for (key, value) in try await store.values(withPrefix: HeldPayment.prefix) {
            guard let payment = Bytes32(hex: key.dropFirst(HeldPayment.prefix.count)).map(PaymentHash.init),
                let held = HeldPayment(stored: value)
            else { throw StartFailure("the store's \(key) is not the held payment that was written there") }
            state.withLockedValue { $0.held[payment] = held }
        }
        let sweeping = Task {
            while !Task.isCancelled {
                await self.sweep()
                try? await Task.sleep(for: Self.pause)
            }
        }
        state.withLockedValue { $0.sweeping = sweeping }
    }

    package func stop() async {
        let sweeping = state.withLockedValue { $0.sweeping }
        sweeping?.cancel()
        await sweeping?.value
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
        state.withLockedValue { $0.held[payment] = held }
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
        if let known = state.withLockedValue({ $0.held[payment] }) { return known }
        guard let bytes = try await store.value(for: HeldPayment.key(of: payment)) else { return nil }
        guard let held = HeldPayment(stored: bytes) else {
            throw StoreFailure("the store holds a held payment that cannot be read")
        }
        state.withLockedValue { $0.held[payment] = held }
        return held
    }

    // MARK: Ending

    /// Takes what is held, because something was delivered for it that goes out once this has returned.
    ///
    /// - Throws: `LightningFailure`; `refused` where it has gone back, and any other where that is not known.
    func settle(_ payment: PaymentHash) async throws {
        guard let held = try await held(payment) else {
            throw LightningFailure(.refused, "nothing is known of a held payment")
        }
        try await lightning.settleInvoice(with: held.preimage)
        await forget(payment)
    }

    /// Gives back what is held, soon: where the node does not answer, again and again.
    func giveBack(_ payment: PaymentHash) {
        Task { await cancel(payment, isHeld: true) }
    }

    private func cancel(_ payment: PaymentHash, isHeld: Bool) async {
        do {
            guard let held = try await held(payment) else { return }
            try await lightning.cancelInvoice(payment)
            budget.close(payment)
            if isHeld { budget.tally.noteCancelled(for: held.service) }
            await forget(payment)
        } catch let failure as LightningFailure where failure.reason == .refused {
            // It is settled: the money is here, and whoever paid it may still present it.
            await forget(payment)
        } catch {
            logger.warning(
                "cannot give back a held payment yet",
                metadata: ["payment": "\(payment)", "reason": "\(error)"]
            )
        }
    }

    private func forget(_ payment: PaymentHash) async {
        do {
            try await store.setValue(nil, for: HeldPayment.key(of: payment))
        } catch {
            // It is found again at the next start, and nothing is held for it then.
            logger.warning("cannot forget a held payment", metadata: ["payment": "\(payment)", "reason": "\(error)"])
        }
        state.withLockedValue { state in
            state.held[payment] = nil
            state.since[payment] = nil
        }
    }

    // MARK: What nobody comes for

    /// Asks what became of some, others each time, and ends what is over.
    package func sweep() async {
        let some = state.withLockedValue { state in
            let some = Array(state.held.dropFirst(state.looked).prefix(Self.mostLooks))
            state.looked = some.count < Self.mostLooks ? 0 : state.looked + Self.mostLooks
            return some
        }
        for (payment, held) in some {
            if Task.isCancelled { return }
            do {
                switch try await lightning.invoiceState(payment) {
                case .settled, .ended:
                    await forget(payment)
                case .open:
                    // Nothing can be held any more that was not on its way before.
                    if held.expiresAt.advanced(by: Self.grace) <= time.now() { await cancel(payment, isHeld: false) }
                case .held:
                    let now = time.now()
                    let since = state.withLockedValue { state in
                        let since = state.since[payment] ?? now
                        state.since[payment] = since
                        return since
                    }
                    if since.advanced(by: Self.patience) <= now { await cancel(payment, isHeld: true) }
                }
            } catch {
                logger.warning("cannot ask for held payments", metadata: ["reason": "\(error)"])
                return
            }
        }
    }
}
