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
