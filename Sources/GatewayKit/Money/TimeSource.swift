public import NIOCore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What time it is, so that tests can say so. Both functions may be called from any thread.
public struct TimeSource: Sendable {
    /// The calendar: expiry dates.
    public let now: @Sendable () -> WallTime
    /// A clock that never goes back: rate limits and timeouts.
    public let uptime: @Sendable () -> NIODeadline

    public init(now: @escaping @Sendable () -> WallTime, uptime: @escaping @Sendable () -> NIODeadline) {
        self.now = now
        self.uptime = uptime
    }

    /// The clocks of this machine.
    public static let system = TimeSource(
        now: { WallTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) },
        uptime: { .now() }
    )
}
