import GatewayKit
import GatewayTesting
import Lightning
import LightningTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LndConformanceTests {
    @Test(arguments: LightningConformance.Check.allCases)
    func `lnd keeps the promises of a backend`(_ check: LightningConformance.Check) async throws {
        try await Lnd.with { fake, lnd in
            try await LightningConformance(
                of: lnd,
                foreignInvoice: { try fake.foreignInvoice($0) },
                pay: { try await fake.pay($0.bolt11) }
            ).run(check)
        }
    }

    @Test(arguments: [FakeLndFaults.Events.duplicated, .lost(oneOf: 2)])
    func `lnd keeps them when it tells of events twice, or of some not at all`(_ events: FakeLndFaults.Events)
        async throws
    {
        try await Lnd.with { fake, lnd in
            fake.faults.events = events
            let payments = try await paid(3, fake, lnd)
            let settlements = try await Lnd.next(3, of: lnd.settlements(since: SettlementCursor(position: 0)))
            #expect(settlements.map(\.payment) == payments)
        }
    }

    @Test func `a backend whose macaroon allows no payments and no holding says so, and refuses`() async throws {
        let fake = try FakeLnd()
        let macaroon = LndMacaroonExample.hex(of: [("uri", ["/lnrpc.Lightning/AddInvoice"])])
        let lnd = try Lnd(fake.settings(macaroon: macaroon), .example())
        #expect(lnd.capabilities == [])
    }

    private func paid(_ count: Int, _ fake: FakeLnd, _ lnd: Lnd) async throws -> [PaymentHash] {
        var payments = [PaymentHash]()
        for _ in 0..<count {
            let invoice = try await lnd.invoice()
            try await fake.pay(invoice.bolt11)
            payments.append(invoice.paymentHash)
        }
        return payments
    }
}
