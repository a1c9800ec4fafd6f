internal import GatewayKit
internal import NIOConcurrencyHelpers

/// The payments that the store is known to have taken for tokens, so that a token asks it once in a process. Such a claim
/// is never released. May be used from any thread.
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
