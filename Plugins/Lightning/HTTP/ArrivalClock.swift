internal import GatewayKit

/// How a node's list of arrived payments tells time, and how that becomes cursors.
struct ArrivalClock: Sendable {
    /// Of the node's list.
    let ticksPerSecond: UInt64
    /// Of a cursor, behind the tick: of several payments in one tick each has its own, whatever order they are listed in.
    let tagBits: UInt64

    /// phoenixd.
    static let milliseconds = ArrivalClock(ticksPerSecond: 1_000, tagBits: 16)
    /// LNbits.
    static let microseconds = ArrivalClock(ticksPerSecond: 1_000_000, tagBits: 8)

    func position(of arrived: ArrivedPayment) -> UInt64 {
        let tag = arrived.payment.bytes.withUnsafeBytes { UInt64($0[0]) << 8 | UInt64($0[1]) }
        // A tick of some thousand years from now is a lie; it must not become an early one.
        let tick = min(arrived.tick, UInt64.max >> tagBits)
        return tick << tagBits | tag >> (16 - tagBits)
    }

    func tick(of position: UInt64) -> UInt64 { position >> tagBits }

    func tick(at time: WallTime) -> UInt64 { UInt64(max(0, time.milliseconds)) * (ticksPerSecond / 1_000) }

    /// So many seconds earlier.
    func tick(_ tick: UInt64, lessSeconds seconds: UInt64) -> UInt64 {
        let ticks = seconds * ticksPerSecond
        return tick > ticks ? tick - ticks : 0
    }
}
