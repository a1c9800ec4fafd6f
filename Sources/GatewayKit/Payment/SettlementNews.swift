internal import NIOConcurrencyHelpers
internal import NIOCore

/// The payments that the node has told of lately, and those who wait for one. May be used from any thread.
///
/// Who follows the node notes what it hears, so that a request whose payment is on its way is let in the moment it arrives,
/// and the node is asked once for a payment however often its proof is presented.
public final class SettlementNews: Sendable {
    /// Payments that are remembered: about 100 bytes each.
    private static let memory = 20_000
    /// When the node is asked, from one question to the next: news may be late, or nobody follows.
    private static let pauses: [Duration] = [.zero, .milliseconds(200), .milliseconds(800), .milliseconds(2_000)]
    /// Longer than the questions take with a node that answers.
    private static let patience = Duration.seconds(6)

    private struct State {
        var known: Set<PaymentHash> = []
        /// Of `known`, the oldest first.
        var order = CircularBuffer<PaymentHash>()
        var waiting: [PaymentHash: [Int: AsyncStream<Void>.Continuation]] = [:]
        var nextID = 0
    }

    private let state = NIOLockedValueBox(State())

    public init() {}

    /// Payments for which somebody waits.
    package var waitingCount: Int { state.withLockedValue { $0.waiting.count } }

    /// The payment has arrived: whoever waits for it goes on.
    public func note(_ payment: PaymentHash) {
        let waiting = state.withLockedValue { state -> [AsyncStream<Void>.Continuation] in
            if state.known.insert(payment).inserted {
                state.order.append(payment)
                if state.order.count > Self.memory, let oldest = state.order.popFirst() { state.known.remove(oldest) }
            }
            return (state.waiting.removeValue(forKey: payment) ?? [:]).map(\.value)
        }
        // Outside the lock, because ending a stream calls back.
        for continuation in waiting {
            continuation.yield()
            continuation.finish()
        }
    }

    public func knows(_ payment: PaymentHash) -> Bool { state.withLockedValue { $0.known.contains(payment) } }

    /// Whether a payment has arrived whose preimage is known to somebody: a node may take a moment to say so.
    ///
    /// - Returns: false when it has not within three seconds, or a little more where the node takes its time.
    /// - Throws: what the node says, and `LightningFailure` when it says nothing in time.
    public func isSettledSoon(_ payment: PaymentHash, at lightning: any LightningBackend) async throws -> Bool {
        let (id, news) = wait(for: payment)
        guard let news else { return true }
        defer { leave(id, payment) }
        let isSettled = try await withThrowingTaskGroup(of: Bool?.self) { group in
            group.addTask {
                for pause in Self.pauses {
                    try await Task.sleep(for: pause)
                    if try await lightning.isSettled(payment) { return true }
                }
                return false
            }
            group.addTask {
                for await _ in news { return true }
                return nil
            }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                throw LightningFailure(.unavailable, "no word about a payment in \(Self.patience.formattedForPolicy)")
            }
            defer { group.cancelAll() }
            while let answer = try await group.next() {
                if let answer { return answer }
            }
            return false
        }
        if isSettled { note(payment) }
        return isSettled
    }

    /// - Returns: `nil` for a payment that is known.
    private func wait(for payment: PaymentHash) -> (id: Int, news: AsyncStream<Void>?) {
        state.withLockedValue { state in
            guard !state.known.contains(payment) else { return (0, nil) }
            let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            state.nextID += 1
            state.waiting[payment, default: [:]][state.nextID] = continuation
            return (state.nextID, stream)
        }
    }

    private func leave(_ id: Int, _ payment: PaymentHash) {
        state.withLockedValue { state in
            guard var others = state.waiting[payment] else { return }
            others[id] = nil
            state.waiting[payment] = others.isEmpty ? nil : others
        }
    }
}
