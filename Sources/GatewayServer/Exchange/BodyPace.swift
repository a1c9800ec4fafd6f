package import GatewayKit
package import NIOCore

/// Whether a request body comes fast enough. A value that knows no clock.
///
/// Only the time in which nothing but the client is waited for counts: a body that the upstream does not take yet is not
/// slow. What counts is the average since the body began; a body that stops altogether is the idle timeout's.
package struct BodyPace {
    private var awaited = TimeAmount.zero
    /// When it was looked at last, if the client was waited for then.
    private var since: NIODeadline?

    package init() {}

    /// Called several times a second.
    ///
    /// - Parameters:
    ///   - count: bytes that came so far.
    ///   - isAwaited: there is room for more, and none is there.
    package mutating func isTooSlow(
        after count: UInt64,
        isAwaited: Bool,
        at now: NIODeadline,
        _ limits: MessageLimits
    ) -> Bool {
        if let since { awaited = awaited + (now - since) }
        since = isAwaited ? now : nil
        guard isAwaited, awaited > TimeAmount(limits.bodyGrace) else { return false }
        let least = Double(limits.minBodyRate.perSecond.bytes) * Double(awaited.nanoseconds) / 1e9
        return Double(count) < least
    }
}
