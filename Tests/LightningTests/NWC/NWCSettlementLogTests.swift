import GatewayKit
import Lightning
import Testing

struct NWCSettlementLogTests {
    private static let now = WallTime(seconds: 1_800_000_000)
    private static let amount = Amount(millisatoshis: 10_000)

    private func added(_ log: inout NWCSettlementLog, _ payment: PaymentHash, at time: WallTime = Self.now)
        -> Settlement?
    {
        log.add(payment, Self.amount, settledAt: Self.now, at: time)
    }

    @Test func `payments of one second have cursors of their own, in their order`() {
        var log = NWCSettlementLog()
        var positions = [UInt64]()
        for _ in 0..<5 {
            guard let settlement = added(&log, PaymentHash(.random())) else { continue }
            positions.append(settlement.cursor.position)
        }
        #expect(positions == positions.sorted())
        #expect(Set(positions).count == 5)
    }

    @Test func `a payment that is told twice is news once`() {
        var log = NWCSettlementLog()
        let payment = PaymentHash(.random())
        let first = added(&log, payment)
        let second = added(&log, payment)
        #expect(first != nil)
        #expect(second == nil)
        #expect(log.knows(payment))
    }

    @Test func `what comes after the end stands behind it`() throws {
        var log = NWCSettlementLog()
        let end = log.end(at: Self.now)
        let news = added(&log, PaymentHash(.random()))
        let settlement = try #require(news)
        #expect(settlement.cursor.position > end.position)
        #expect(log.settlements(after: end) == [settlement])
        #expect(log.settlements(after: settlement.cursor).isEmpty)
    }

    @Test func `what comes after a cursor of an earlier process stands behind it, whatever the clock says`() throws {
        var log = NWCSettlementLog()
        let cursor = SettlementCursor(position: UInt64(Self.now.seconds + 100) << 20)
        log.begin(after: cursor)
        let news = added(&log, PaymentHash(.random()))
        let settlement = try #require(news)
        #expect(settlement.cursor.position > cursor.position)
    }

    @Test func `a cursor tells the second in which a payment was learned of`() throws {
        var log = NWCSettlementLog()
        let news = added(&log, PaymentHash(.random()))
        let settlement = try #require(news)
        #expect(NWCSettlementLog.time(of: settlement.cursor) == Self.now)
    }

    @Test func `the next process goes on where this one was`() throws {
        var log = NWCSettlementLog()
        let payments = (0..<5).map { _ in PaymentHash(.random()) }
        let told = payments.compactMap { added(&log, $0) }
        var next = NWCSettlementLog()
        next.restore(log.latest(3))
        #expect(next.settlements(after: SettlementCursor(position: 0)) == Array(told.suffix(3)))
        #expect(next.knows(payments[4]))
        #expect(!next.knows(payments[0]))
        let news = added(&next, PaymentHash(.random()), at: WallTime(seconds: 0))
        let later = try #require(news)
        #expect(later.cursor.position > told[4].cursor.position)
    }

    @Test func `no prefix and no flipped byte of what was remembered traps`() {
        var log = NWCSettlementLog()
        for _ in 0..<3 {
            _ = added(&log, PaymentHash(.random()))
        }
        let bytes = log.latest(3)
        for index in bytes.indices {
            var first = NWCSettlementLog()
            first.restore(Array(bytes[..<index]))
            var changed = bytes
            changed[index] ^= 0xFF
            var second = NWCSettlementLog()
            second.restore(changed)
            let news = added(&second, PaymentHash(.random()))
            #expect(news != nil)
        }
    }

    @Test(arguments: [0, 57, .max] as [UInt64])
    func `a cursor of anything else does not trap`(_ position: UInt64) {
        var log = NWCSettlementLog()
        let cursor = SettlementCursor(position: position)
        _ = NWCSettlementLog.time(of: cursor)
        log.begin(after: cursor)
        let settlement = added(&log, PaymentHash(.random()))
        #expect(settlement != nil)
    }

    @Test(arguments: [.min, -1, .max] as [Int64])
    func `a clock that is wrong does not trap`(_ milliseconds: Int64) {
        var log = NWCSettlementLog()
        let settlement = added(&log, PaymentHash(.random()), at: WallTime(milliseconds: milliseconds))
        #expect(settlement != nil)
    }
}
