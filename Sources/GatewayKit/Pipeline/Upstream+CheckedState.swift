package import NIOCore
internal import NIOConcurrencyHelpers
internal import Synchronization

extension Upstream {
    /// What the checks of one endpoint found: written by whoever checks, read by every event loop.
    package final class CheckedState: Sendable {
        private struct Weak: Sendable {
            weak let state: CheckedState?
        }

        private let healthy = Atomic(true)
        /// Of an endpoint that is a name: as long as an event loop has use for an address, all have the same state of it.
        private let addresses = NIOLockedValueBox<[SocketAddress: Weak]>([:])

        package var isHealthy: Bool {
            get { healthy.load(ordering: .relaxed) }
            set { healthy.store(newValue, ordering: .relaxed) }
        }

        /// Of one of the addresses of the endpoint's name.
        package func state(at address: SocketAddress) -> CheckedState {
            addresses.withLockedValue { addresses in
                if let state = addresses[address]?.state { return state }
                addresses = addresses.filter { $0.value.state != nil }
                let state = CheckedState()
                addresses[address] = Weak(state: state)
                return state
            }
        }

        /// Of the addresses of a name one that is; itself where it has none.
        var isAnyHealthy: Bool {
            addresses.withLockedValue { addresses in
                var isChecked = false
                for entry in addresses.values {
                    guard let state = entry.state else { continue }
                    if state.isHealthy { return true }
                    isChecked = true
                }
                return isChecked ? false : isHealthy
            }
        }

        /// Nobody knows any more.
        func forget() {
            isHealthy = true
            for entry in addresses.withLockedValue({ Array($0.values) }) {
                entry.state?.isHealthy = true
            }
        }
    }
}
