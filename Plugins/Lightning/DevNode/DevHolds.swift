internal import GatewayKit
internal import NIOConcurrencyHelpers

/// The payments to the development node that are held, and the invoices that were cancelled. In memory alone: nothing has
/// moved for a payment that is held, so that one is open again after a restart, and its payer has to pay again.
final class DevHolds: Sendable {
    private typealias Payer = CheckedContinuation<Preimage, any Error>

    private struct Hold {
        let amount: Amount
        /// `nil` once the payer has stopped waiting; what is held stays.
        var payer: Payer?
    }

    private struct State {
        var held: [PaymentHash: Hold] = [:]
        /// Never forgotten: one costs about 50 bytes while the process lives.
        var cancelled: Set<PaymentHash> = []
    }

    private let state = NIOLockedValueBox(State())

    func isHeld(_ payment: PaymentHash) -> Bool { state.withLockedValue { $0.held[payment] != nil } }

    func isCancelled(_ payment: PaymentHash) -> Bool { state.withLockedValue { $0.cancelled.contains(payment) } }

    /// Waits until it is settled.
    ///
    /// - Throws: `LightningFailure` when it is cancelled, or held already; `CancellationError` when the payer leaves.
    func hold(_ payment: PaymentHash, _ amount: Amount) async throws -> Preimage {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (payer: Payer) in
                let failure = state.withLockedValue { state -> (any Error)? in
                    if Task.isCancelled { return CancellationError() }
                    if state.cancelled.contains(payment) { return DevNode.cancelled }
                    if state.held[payment] != nil { return DevNode.alreadyPaid }
                    state.held[payment] = Hold(amount: amount, payer: payer)
                    return nil
                }
                if let failure { payer.resume(throwing: failure) }
            }
        } onCancel: {
            let payer = state.withLockedValue { state -> Payer? in
                defer { state.held[payment]?.payer = nil }
                return state.held[payment]?.payer
            }
            payer?.resume(throwing: CancellationError())
        }
    }

    /// What is held for a payment, which is the caller's from now on: to be settled, and its payer told.
    func take(_ payment: PaymentHash) -> (amount: Amount, tell: @Sendable (Preimage) -> Void)? {
        guard let hold = state.withLockedValue({ $0.held.removeValue(forKey: payment) }) else { return nil }
        return (hold.amount, { hold.payer?.resume(returning: $0) })
    }

    /// Gives back what is held; nothing is paid for it any more.
    func cancel(_ payment: PaymentHash) {
        let hold = state.withLockedValue { state in
            state.cancelled.insert(payment)
            return state.held.removeValue(forKey: payment)
        }
        hold?.payer?.resume(throwing: LightningFailure(.refused, "incorrect_payment_details"))
    }
}
