package import GatewayKit
internal import NIOCore

/// The payments that arrived, in the order in which this gateway learned of them: a wallet numbers nothing. A value: no clock,
/// no lock.
///
/// A position is the second in which a payment was learned of, by this machine's clock, and a number within it. So it tells a
/// later process from when on it has to look, and whatever comes later has a higher one.
package struct NWCSettlementLog: Sendable {
    /// Behind whom a reader has to begin anew: more than may wait for one.
    private static let memory = 2 * SettlementFollowers.slack
    private static let secondBits: UInt64 = 20

    private var entries = CircularBuffer<Settlement>()
    private var known = RecentIDs(most: NWCSettlementLog.memory)
    private var last: UInt64 = 0

    package init() {}

    /// Where it stands: what is added later stands behind it.
    package mutating func end(at now: WallTime) -> SettlementCursor {
        last = max(last, Self.position(now))
        return SettlementCursor(position: last)
    }

    /// Makes sure that what is added later stands behind a cursor of an earlier process.
    package mutating func begin(after cursor: SettlementCursor) {
        last = max(last, min(cursor.position, UInt64.max / 2))
    }

    package func knows(_ payment: PaymentHash) -> Bool { known.contains(payment.bytes) }

    /// Of a payment that an earlier process told of.
    package mutating func recall(_ payment: PaymentHash) {
        _ = known.insert(payment.bytes)
    }

    /// - Returns: `nil` for a payment that is known already.
    package mutating func add(
        _ payment: PaymentHash,
        _ amount: Amount,
        settledAt: WallTime,
        at now: WallTime
    ) -> Settlement? {
        guard known.insert(payment.bytes) else { return nil }
        last = max(last + 1, Self.position(now))
        let settlement = Settlement(
            payment: payment,
            amount: amount,
            settledAt: settledAt,
            cursor: SettlementCursor(position: last)
        )
        entries.append(settlement)
        if entries.count > Self.memory { _ = entries.popFirst() }
        return settlement
    }

    package func settlements(after cursor: SettlementCursor) -> [Settlement] {
        entries.filter { $0.cursor.position > cursor.position }
    }

    /// The last ones, oldest first.
    package func latest(_ count: Int) -> [Settlement] { Array(entries.suffix(count)) }

    /// The time that a cursor stands for.
    package static func time(of cursor: SettlementCursor) -> WallTime {
        WallTime(seconds: Int64(clamping: cursor.position >> secondBits))
    }

    private static func position(_ time: WallTime) -> UInt64 {
        UInt64(clamping: min(time.seconds, 1 << 40)) << secondBits
    }
}
