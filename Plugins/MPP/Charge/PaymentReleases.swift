internal import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers

/// Payments that are being given back. Whoever presents one meanwhile waits for the end of that. May be used from any
/// thread.
///
/// Another instance that shares the store does not wait: there, such a payment counts as used for so long.
final class PaymentReleases: Sendable {
    private static let attempts = 5

    private let tasks = NIOLockedValueBox<[PaymentHash: Task<Void, Never>]>([:])

    /// Begins at once. What cannot be given back stays used, which the log tells.
    func begin(_ payment: PaymentHash, for purpose: String, in store: any Store, logger: Logger) {
        tasks.withLockedValue { tasks in
            guard tasks[payment] == nil else { return }
            tasks[payment] = Task {
                await Self.release(payment, for: purpose, in: store, logger: logger)
                self.tasks.withLockedValue { $0[payment] = nil }
            }
        }
    }

    func end(of payment: PaymentHash) async {
        await tasks.withLockedValue { $0[payment] }?.value
    }

    private static func release(_ payment: PaymentHash, for purpose: String, in store: any Store, logger: Logger) async
    {
        for attempt in 1...attempts {
            do {
                _ = try await store.release(payment, for: purpose)
                return
            } catch {
                logger.error(
                    attempt == attempts
                        ? "a payment that bought nothing could not be given back" : "cannot give back a payment yet",
                    metadata: ["payment": "\(payment)", "reason": "\(error)"]
                )
                if attempt < attempts { try? await Task.sleep(for: .milliseconds(200 << attempt)) }
            }
        }
    }
}
