internal import NIOCore

/// What a peer may do that costs the other side work and gets nothing done: resets, pings, empty frames.
///
/// A bucket of points that fills with time and with useful work; a peer that empties it is an attacker.
package struct HTTP2Budget: Sendable {
    private static let capacity: Int64 = 2_000
    private static let pointsPerSecond: Int64 = 400

    private let isLimited: Bool
    private var points = HTTP2Budget.capacity
    private var filledAt: NIODeadline?

    /// - Parameter isLimited: false for an upstream, which is the operator's own.
    init(isLimited: Bool) {
        self.isLimited = isLimited
    }

    /// - Returns: false when there are not as many points left.
    mutating func spend(_ cost: Int64, at now: NIODeadline) -> Bool {
        guard isLimited else { return true }
        if let filledAt {
            // By whole points, so that frames in quick succession do not lose what lies between them.
            let pointTime = 1_000_000_000 / Self.pointsPerSecond
            let earned = (now - filledAt).nanoseconds / pointTime
            if earned > 0 {
                points = min(Self.capacity, points + earned)
                self.filledAt = filledAt + .nanoseconds(earned * pointTime)
            }
        } else {
            filledAt = now
        }
        guard points >= cost else { return false }
        points -= cost
        return true
    }

    /// Useful work was done: the frames that belong to it are free.
    mutating func earn(_ amount: Int64) {
        points = min(Self.capacity, points + amount)
    }
}
