package import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The clock of a trial: it stands still until it is moved. May be used from any thread.
package final class TrialClock: Sendable {
    private struct Hands {
        var wall: WallTime
        var uptime = Duration.zero
    }

    private let hands: NIOLockedValueBox<Hands>

    package init(_ start: WallTime) {
        hands = NIOLockedValueBox(Hands(wall: start))
    }

    /// What the calendar says. Setting it, forth or back, lets no time pass: limits and timeouts do not notice.
    package var now: WallTime {
        get { hands.withLockedValue { $0.wall } }
        set { hands.withLockedValue { $0.wall = newValue } }
    }

    /// Lets time pass.
    package func advance(by duration: Duration) {
        hands.withLockedValue { hands in
            hands.wall = hands.wall.advanced(by: duration)
            hands.uptime += duration
        }
    }

    package var source: TimeSource {
        TimeSource(
            now: { self.now },
            uptime: {
                // Not zero at the start: a deadline in the past must be expressible.
                NIODeadline.uptimeNanoseconds(1_000_000_000_000)
                    + TimeAmount(self.hands.withLockedValue { $0.uptime })
            }
        )
    }
}
