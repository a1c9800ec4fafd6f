public import GatewayKit
internal import NIOCore
internal import NIOConcurrencyHelpers

/// A clock that a test moves by hand. Both of its faces move together. May be used from any thread.
public final class ManualTime: Sendable {
    private let elapsed = NIOLockedValueBox(Duration.zero)
    private let start: WallTime

    /// - Parameter start: what the calendar says at first; by default 2026-01-01 00:00 UTC.
    public init(start: WallTime = WallTime(seconds: 1_767_225_600)) {
        self.start = start
    }

    public var now: WallTime {
        start.advanced(by: elapsed.withLockedValue { $0 })
    }

    public func advance(by duration: Duration) {
        elapsed.withLockedValue { $0 += duration }
    }

    public var source: TimeSource {
        TimeSource(
            now: { self.now },
            uptime: {
                // Not zero at the start: a deadline in the past must be expressible.
                NIODeadline.uptimeNanoseconds(1_000_000_000_000)
                    + TimeAmount(self.elapsed.withLockedValue { $0 })
            }
        )
    }
}
