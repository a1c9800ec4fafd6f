import GRPCCore
import GatewayKit
import GatewayTesting
import Lightning
import LightningTesting
import Testing

/// What becomes of settlements while the node, or the way to it, does not do what it should.
@Suite(.timeLimit(.minutes(1)))
struct LndSettlementTests {
    private func pay(_ fake: FakeLnd, _ lnd: Lnd) async throws -> PaymentHash {
        let invoice = try await lnd.invoice()
        try await fake.pay(invoice.bolt11)
        return invoice.paymentHash
    }

    /// A stream that listens, and has told of a first payment.
    private func listening(_ fake: FakeLnd, _ lnd: Lnd) async throws -> AsyncThrowingStream<Settlement, any Error> {
        let first = try await pay(fake, lnd)
        let stream = lnd.settlements(since: SettlementCursor(position: 0))
        let settlements = try await Lnd.next(1, of: stream)
        #expect(settlements.map(\.payment) == [first])
        return stream
    }

    @Test func `what arrives while the node restarts is told, once`() async throws {
        try await Lnd.with { fake, lnd in
            let stream = try await listening(fake, lnd)
            let later = try await lnd.invoice()
            await fake.stop()
            try await fake.pay(later.bolt11)
            try await fake.start()
            let told = try await Lnd.next(1, of: stream)
            #expect(told.map(\.payment) == [later.paymentHash])
            #expect(told.map(\.cursor) == [SettlementCursor(position: 2)])
        }
    }

    @Test func `what is told twice is taken once`() async throws {
        try await Lnd.with { fake, lnd in
            fake.faults.events = .duplicated
            let stream = try await listening(fake, lnd)
            let payments = [try await pay(fake, lnd), try await pay(fake, lnd)]
            let told = try await Lnd.next(2, of: stream).map(\.payment)
            #expect(told == payments)
        }
    }

    @Test func `what is told in the wrong order is put right`() async throws {
        try await Lnd.with { fake, lnd in
            let stream = try await listening(fake, lnd)
            fake.faults.events = .reordered
            let payments = [try await pay(fake, lnd), try await pay(fake, lnd)]
            let told = try await Lnd.next(2, of: stream).map(\.payment)
            #expect(told == payments)
        }
    }

    @Test func `what is not told is asked for when the next one comes`() async throws {
        try await Lnd.with { fake, lnd in
            let stream = try await listening(fake, lnd)
            fake.faults.events = .lost(oneOf: 2)
            let payments = [try await pay(fake, lnd), try await pay(fake, lnd)]
            let told = try await Lnd.next(2, of: stream).map(\.payment)
            #expect(told == payments)
        }
    }

    @Test func `a stream ends where the macaroon does not allow it`() async throws {
        try await Lnd.with { fake, lnd in
            fake.faults.refusal = RPCError(code: .unknown, message: "permission denied")
            let failure = await #expect(throws: LightningFailure.self) {
                _ = try await Lnd.next(1, of: lnd.settlements(since: SettlementCursor(position: 7)))
            }
            #expect(failure?.reason == .refused)
        }
    }

    @Test func `a node with a million invoices tells of a few of them`() async throws {
        try await Lnd.with { fake, lnd in
            fake.fill(1_000_000)
            let end = try await lnd.settlementsEnd()
            let payment = try await pay(fake, lnd)
            var told: Settlement?
            for try await settlement in lnd.settlements(since: end) where settlement.payment == payment {
                told = settlement
                break
            }
            #expect(told?.cursor == SettlementCursor(position: 1_000_001))
            #expect(fake.sent < 1_000)
        }
    }

    /// With how many settlements would be told again at the most: as many as invoices were stepped over.
    @Test(arguments: [(UInt64(60), UInt64(100)), (6_000, 6_000), (400_000, 400_000)])
    func `settlements are found behind any number of newer invoices that nobody has paid`(
        _ open: UInt64,
        _ again: UInt64
    ) async throws {
        try await Lnd.with { fake, lnd in
            fake.fill(1_000_000, open: open)
            let end = try await lnd.settlementsEnd().position
            let newest = 1_000_000 - open
            #expect((newest - again...newest).contains(end))
            #expect(fake.calls <= 30)
        }
    }

    @Test func `a reader that is slow is waited for`() async throws {
        try await Lnd.with { fake, lnd in
            fake.fill(5_000)
            let stream = lnd.settlements(since: SettlementCursor(position: 1))
            let settlements = try await Lnd.next(4_999, of: stream)
            #expect(settlements.map(\.cursor.position) == Array(2...5_000))
        }
    }
}
