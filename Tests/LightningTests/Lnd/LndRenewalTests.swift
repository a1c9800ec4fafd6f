import GRPCCore
import GatewayKit
import GatewayTesting
import Lightning
import LightningTesting
import Testing

/// A node that was made anew, and one of which it is not known where it stands.
@Suite(.timeLimit(.minutes(1)))
struct LndRenewalTests {
    private func pay(_ fake: FakeLnd, _ lnd: Lnd) async throws -> PaymentHash {
        let invoice = try await lnd.invoice()
        try await fake.pay(invoice.bolt11)
        return invoice.paymentHash
    }

    /// The last of some settlements that were told.
    private func told(_ count: Int, _ fake: FakeLnd, _ lnd: Lnd) async throws -> Settlement {
        for _ in 0..<count { _ = try await pay(fake, lnd) }
        let settlements = try await Lnd.next(count, of: lnd.settlements(since: SettlementCursor(position: 0)))
        return try #require(settlements.last)
    }

    private func expectAnew(behind last: Settlement, of lnd: Lnd) async {
        await #expect(throws: SettlementsBeganAnew.self) {
            _ = try await Lnd.next(1, of: lnd.settlements(behind: last.cursor, of: last.payment))
        }
    }

    @Test func `a node that counts from the start again is not waited for`() async throws {
        try await Lnd.with { fake, lnd in
            let last = try await told(3, fake, lnd)
            fake.beginAnew()
            _ = try await pay(fake, lnd)
            await expectAnew(behind: last, of: lnd)
        }
    }

    @Test func `a node that has come further than the one before it is another one all the same`() async throws {
        try await Lnd.with { fake, lnd in
            let last = try await told(1, fake, lnd)
            fake.beginAnew()
            for _ in 0..<2 { _ = try await pay(fake, lnd) }
            await expectAnew(behind: last, of: lnd)
        }
    }

    @Test func `a node that is made anew while it is followed is noticed when it is back`() async throws {
        try await Lnd.with { fake, lnd in
            _ = try await pay(fake, lnd)
            let stream = lnd.settlements(since: SettlementCursor(position: 0))
            _ = try await Lnd.next(1, of: stream)
            await fake.stop()
            fake.beginAnew()
            try await fake.start()
            await #expect(throws: SettlementsBeganAnew.self) { _ = try await Lnd.next(1, of: stream) }
        }
    }

    @Test func `a node that knows what it told of last is followed behind it`() async throws {
        try await Lnd.with { fake, lnd in
            let last = try await told(2, fake, lnd)
            let next = try await pay(fake, lnd)
            let stream = lnd.settlements(behind: last.cursor, of: last.payment)
            let settlements = try await Lnd.next(1, of: stream)
            #expect(settlements.map(\.payment) == [next])
        }
    }

    @Test func `of a node of whose newest invoices none is paid, not all are listed`() async throws {
        try await Lnd.with { fake, lnd in
            fake.fill(1_000_000, open: 1_000_000)
            let end = try await lnd.settlementsEnd()
            #expect(end == .next)
            #expect(fake.calls <= 30)
        }
    }

    @Test func `a stream of which nobody knows where it stood ends with its subscription`() async throws {
        try await Lnd.with { fake, lnd in
            fake.faults.refusal = RPCError(code: .unavailable, message: "going away")
            await #expect(throws: LightningFailure.self) {
                _ = try await Lnd.next(1, of: lnd.settlements(since: .next))
            }
        }
    }

    @Test func `the first payment of all is found behind many invoices that nobody pays`() async throws {
        try await Lnd.with { fake, lnd in
            fake.fill(5_100, open: 5_100)
            let first = try await pay(fake, lnd)
            let settlements = try await Lnd.next(1, of: lnd.settlements(since: SettlementCursor(position: 0)))
            #expect(settlements.map(\.payment) == [first])
        }
    }
}
