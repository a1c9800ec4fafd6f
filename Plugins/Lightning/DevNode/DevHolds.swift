internal import GatewayKit
internal import NIOConcurrencyHelpers

/// The payments to the development node that are held. In memory alone: nothing has moved for a payment that is held, so that
/// its invoice is open again after a restart, and its payer has to pay again.
///
/// What is held, what is paid and what is cancelled change together, under its lock and then that of the ledger.
final class DevHolds: Sendable {
    private typealias Payer = CheckedContinuation<Preimage, any Error>

    private struct Hold {
        let amount: Amount
        /// Tells its payer from others who try to pay the same invoice.
        let number: UInt64
        /// `nil` once the payer has stopped waiting; what is held stays.
        var payer: Payer?
    }

    private struct State {
        var held: [PaymentHash: Hold] = [:]
        var lastNumber: UInt64 = 0
        var isStopped = false
    }

    private let ledger: DevLedger
    private let state = NIOLockedValueBox(State())

    init(ledger: DevLedger) {
        self.ledger = ledger
    }

    func isHeld(_ payment: PaymentHash) -> Bool { state.withLockedValue { $0.held[payment] != nil } }

    /// Waits until it is settled.
    ///
    /// - Throws: `LightningFailure` when it is cancelled, held or paid already; `CancellationError` when the payer leaves.
    func hold(_ payment: PaymentHash, _ amount: Amount) async throws -> Preimage {
        let number = state.withLockedValue { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (payer: Payer) in
                let failure = state.withLockedValue { state -> (any Error)? in
                    if Task.isCancelled { return CancellationError() }
                    if state.isStopped { return Self.stopped }
                    if ledger.isCancelled(payment) { return DevNode.cancelled }
                    if state.held[payment] != nil || ledger.settlement(of: payment) != nil {
                        return DevNode.alreadyPaid
                    }
                    state.held[payment] = Hold(amount: amount, number: number, payer: payer)
                    return nil
                }
                if let failure { payer.resume(throwing: failure) }
            }
        } onCancel: {
            let payer = state.withLockedValue { state -> Payer? in
                guard let hold = state.held[payment], hold.number == number else { return nil }
                state.held[payment]?.payer = nil
                return hold.payer
            }
            payer?.resume(throwing: CancellationError())
        }
    }

    /// Takes what is held as paid.
    ///
    /// - Parameter invoice: with its preimage.
    /// - Returns: `nil` where nothing is held. Its payer is to be told once that is written down.
    func settle(
        _ invoice: DevInvoice,
        at now: WallTime
    ) -> (settlement: Settlement, tell: @Sendable (Preimage) -> Void)? {
        let payment = invoice.invoice.paymentHash
        return state.withLockedValue { state in
            guard let hold = state.held[payment],
                let settlement = ledger.settle(invoice, for: hold.amount, at: now)
            else { return nil }
            state.held[payment] = nil
            return (settlement, { hold.payer?.resume(returning: $0) })
        }
    }

    /// Gives back what is held; nothing is paid for it any more.
    ///
    /// - Returns: false when it is paid.
    func cancel(_ invoice: DevInvoice) -> Bool {
        let (isCancelled, payer) = state.withLockedValue { state -> (Bool, Payer?) in
            guard ledger.cancel(invoice) else { return (false, nil) }
            return (true, state.held.removeValue(forKey: invoice.invoice.paymentHash)?.payer)
        }
        payer?.resume(throwing: LightningFailure(.refused, "incorrect_payment_details"))
        return isCancelled
    }

    /// Nobody is told any more: each payer learns that.
    func stop() {
        let payers = state.withLockedValue { state in
            state.isStopped = true
            defer { state.held = [:] }
            return state.held.values.compactMap { $0.payer }
        }
        for payer in payers { payer.resume(throwing: Self.stopped) }
    }

    private static let stopped = LightningFailure(.unavailable, "the development node has stopped")
}
