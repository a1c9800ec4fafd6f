internal import NIOConcurrencyHelpers

/// The last requests that were refused or traced, to be looked up by the id that their clients were told. Bounded; used
/// from every event loop.
package final class RecentDecisions: Sendable {
    private struct State {
        var ring: [RecentDecision] = []
        /// Where the next one goes once the ring is full.
        var next = 0
    }

    package static let usualCapacity = 1_024

    private let capacity: Int
    private let state = NIOLockedValueBox(State())

    package init(capacity: Int = usualCapacity) {
        self.capacity = max(1, capacity)
    }

    package func add(_ decision: RecentDecision) {
        state.withLockedValue { state in
            if state.ring.count < capacity {
                state.ring.append(decision)
            } else {
                state.ring[state.next] = decision
                state.next = (state.next + 1) % capacity
            }
        }
    }

    /// `nil` when it was never noted, or so many came after it that it is forgotten.
    package func decision(_ id: ExchangeID) -> RecentDecision? {
        state.withLockedValue { state in state.ring.last { $0.id == id } }
    }
}
