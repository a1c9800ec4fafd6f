package import GatewayKit
internal import HTTPTypes
internal import NIOConcurrencyHelpers

/// Whether a gateway should be sent requests. Told and asked on any thread.
package final class Readiness: Sendable {
    package enum Phase: Sendable {
        case starting, ready, draining
    }

    private let phase = NIOLockedValueBox(Phase.starting)

    package init() {}

    package func note(_ phase: Phase) {
        self.phase.withLockedValue { $0 = phase }
    }

    /// What a load balancer that asks is told.
    package var reply: Reply {
        switch phase.withLockedValue({ $0 }) {
        case .starting:
            .json(#"{"status":"starting","reason":"the listeners are not open yet"}"# + "\n", .serviceUnavailable)
        case .ready:
            .json(#"{"status":"ready"}"# + "\n")
        case .draining:
            .json(#"{"status":"draining","reason":"the gateway was told to stop"}"# + "\n", .serviceUnavailable)
        }
    }
}
