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

    /// Of a payment that is no news, and in no stream.
    package mutating func pass(_ payment: PaymentHash) {
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
        append(settlement)
        return settlement
    }

    package func settlements(after cursor: SettlementCursor) -> [Settlement] {
        entries.filter { $0.cursor.position > cursor.position }
    }

    /// The time that a cursor stands for.
    package static func time(of cursor: SettlementCursor) -> WallTime {
        WallTime(seconds: Int64(clamping: cursor.position >> secondBits))
    }

    private static func position(_ time: WallTime) -> UInt64 {
        UInt64(clamping: min(time.seconds, 1 << 40)) << secondBits
    }

    private mutating func append(_ settlement: Settlement) {
        entries.append(settlement)
        if entries.count > Self.memory { _ = entries.popFirst() }
    }

    // MARK: From one process to the next

    private static let entryCount = 56

    /// The last entries, oldest first, for the next process.
    package func latest(_ count: Int) -> [UInt8] {
        entries.suffix(count).flatMap { entry in
            entry.payment.bytes.array + Self.bytes(entry.cursor.position) + Self.bytes(entry.amount.millisatoshis)
                + Self.bytes(UInt64(bitPattern: entry.settledAt.milliseconds))
        }
    }

    /// Takes over what an earlier process knew, before anything is added. What cannot be read is left out.
    package mutating func restore(_ bytes: [UInt8]) {
        for start in stride(from: 0, to: bytes.count, by: Self.entryCount) {
            let entry = Array(bytes[start...].prefix(Self.entryCount))
            guard entry.count == Self.entryCount, let payment = Bytes32(entry[..<32]) else { return }
            let position = Self.number(entry[32..<40])
            guard position > last, position <= UInt64.max / 2, known.insert(payment) else { continue }
            last = position
            append(
                Settlement(
                    payment: PaymentHash(payment),
                    amount: Amount(millisatoshis: Self.number(entry[40..<48])),
                    settledAt: WallTime(milliseconds: Int64(bitPattern: Self.number(entry[48..<56]))),
                    cursor: SettlementCursor(position: position)
                )
            )
        }
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
