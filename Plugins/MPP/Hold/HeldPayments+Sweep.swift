internal import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

// What nobody comes for, of this process and of those that died.
extension HeldPayments {
    /// Between two questions about an invoice that nobody has paid: longer where there are many, so that the node is asked
    /// `mostInASecond` of them.
    private static let interval = Duration.seconds(60)
    private static let mostInASecond = 100
    /// Payments that are asked for in a turn, and at the same time.
    private static let mostLooks = 256
    private static let mostAtOnce = 16
    /// What the store knows is read in so many parts, by the first digit of the payment.
    private static let parts = 16

    // MARK: Reading

    /// Learns what the store knows.
    ///
    /// - Throws: `StartFailure` when a row is not what was written there; the others are learned all the same.
    package func readAll() async throws { try await read(HeldPayment.prefix) }

    /// A part of it, another one each time: of processes that may have died since.
    package func readPart() async {
        let part = state.withLockedValue { state in
            defer { state.partsRead += 1 }
            return state.partsRead % Self.parts
        }
        do {
            try await read(HeldPayment.prefix + String(part, radix: 16))
        } catch {
            logger.warning("cannot read the held payments of the store", metadata: ["reason": "\(error)"])
        }
    }

    private func read(_ prefix: String) async throws {
        let now = time.uptime()
        var unreadable: String?
        for (key, value) in try await store.values(withPrefix: prefix) {
            guard let payment = Bytes32(hex: key.dropFirst(HeldPayment.prefix.count)).map(PaymentHash.init) else {
                unreadable = key
                continue
            }
            if state.withLockedValue({ $0.watched[payment] != nil }) { continue }
            guard let held = HeldPayment(stored: value) else {
                unreadable = key
                continue
            }
            state.withLockedValue { state in
                if state.watched[payment] == nil { state.watched[payment] = Watch(payment: held, due: now) }
            }
        }
        if let unreadable {
            throw StartFailure("the store's \(unreadable) is not the held payment that was written there")
        }
    }

    // MARK: Keeping

    /// Keeps the payments of the requests that are served here: to be called more often than `ChargeLedger.margin`.
    package func keep() async { await ledger.extendKept(logger: logger) }

    // MARK: Looking

    /// Asks what became of some that it is time to ask for, and ends what is over.
    ///
    /// - Returns: true when there are more of them, and the node answers.
    @discardableResult
    package func sweep() async -> Bool {
        let now = time.uptime()
        let due = state.withLockedValue { state in
            var due: [(payment: PaymentHash, since: NIODeadline)] = []
            for (payment, watch) in state.watched where watch.due <= now {
                due.append((payment: payment, since: watch.due))
            }
            return due
        }
        // Those first that have waited longest: of however many the node says nothing, the others have their turn.
        let some = due.sorted { $0.since < $1.since }.prefix(Self.mostLooks).map { $0.payment }
        let failures = await withTaskGroup(of: String?.self) { group in
            var failures: [String] = []
            for (count, payment) in some.enumerated() {
                if count >= Self.mostAtOnce, let failure = await group.next() ?? nil { failures.append(failure) }
                group.addTask { await self.look(at: payment) }
            }
            for await failure in group {
                if let failure { failures.append(failure) }
            }
            return failures
        }
        if let first = failures.first {
            logger.warning(
                "cannot ask for held payments",
                metadata: ["count": "\(failures.count)", "reason": "\(first)"]
            )
        }
        return due.count > some.count && failures.count < some.count
    }

    /// - Returns: why it could not be asked for; then it is soon again, and the others have their turn.
    private func look(at payment: PaymentHash) async -> String? {
        guard let held = state.withLockedValue({ $0.watched[payment]?.payment }) else { return nil }
        do {
            switch try await lightning.invoiceState(payment) {
            case .settled, .ended:
                await forget(payment)
            case .open where held.expiresAt.advanced(by: Self.grace) <= time.now():
                // Nothing can be held any more that was not on its way before.
                try await cancel(payment, isHeld: false)
            case .open:
                let count = state.withLockedValue { state in
                    state.watched[payment]?.end = nil
                    return state.watched.count
                }
                postpone(payment, by: max(Self.interval, .seconds(count / Self.mostInASecond)))
            case .held:
                try await end(payment, held)
            }
            return nil
        } catch {
            postpone(payment, by: Self.pause)
            return "\(error)"
        }
    }

    private func end(_ payment: PaymentHash, _ held: HeldPayment) async throws {
        let now = time.uptime()
        let isLeft = state.withLockedValue { state in
            let end = state.watched[payment]?.end ?? now + TimeAmount(Self.patience)
            state.watched[payment]?.end = end
            state.watched[payment]?.due = end
            return end > now
        }
        guard !isLeft else { return }
        // In the ledger: a request that is served for it, here or elsewhere, has it, and as long as it lives.
        switch try await ledger.take(payment) {
        case .taken(let taken):
            ledger.keep(taken)
            try await cancel(taken)
            // Where another attempt was faster.
            postpone(payment, by: Self.pause)
        case .waiting:
            postpone(payment, by: Self.pause)
        case .used:
            guard try await ledger.isServed(payment) else { return postpone(payment, by: Self.pause) }
            // Its answer went out: it is owed.
            try await lightning.settleInvoice(with: held.preimage)
            await forget(payment)
        }
    }

    private func postpone(_ payment: PaymentHash, by pause: Duration) {
        let due = time.uptime() + TimeAmount(pause)
        state.withLockedValue { $0.watched[payment]?.due = due }
    }

    /// It is held, and no request is served for it any more.
    ///
    /// - Parameter patience: how long it is left to another one.
    func watchAgain(_ payment: PaymentHash, for patience: Duration) {
        let now = time.uptime()
        state.withLockedValue { state in
            state.watched[payment]?.end = now + TimeAmount(patience)
            state.watched[payment]?.due = now + TimeAmount(Self.pause)
        }
    }
}
