internal import GatewayKit
internal import NIOConcurrencyHelpers

/// Payments of which something is known for good, so that it is asked for once in a process: that the store has taken
/// them for tokens, which is never released, or that they have arrived. May be used from any thread.
final class TakenPayments: Sendable {
    /// Beyond it all are forgotten and asked for again: bounds the memory to a few MiB.
    private static let capacity = 65_536

    private let payments = NIOLockedValueBox<Set<PaymentHash>>([])

    func contains(_ payment: PaymentHash) -> Bool {
        payments.withLockedValue { $0.contains(payment) }
    }

    func insert(_ payment: PaymentHash) {
        payments.withLockedValue { payments in
            if payments.count >= Self.capacity { payments.removeAll() }
            payments.insert(payment)
        }
    }
}
