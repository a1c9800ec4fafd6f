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

    @Test(arguments: LightningConformance.Check.allCases)
    func `lnd keeps them by its REST interface as well`(_ check: LightningConformance.Check) async throws {
        let fake = try FakeLnd()
        let rest = try await FakeLndREST.start(of: fake)
        let settings = ExampleSettings([
            "address": rest.url, "macaroon": FakeLnd.macaroon, "network": "regtest",
        ])
        let lnd = try #require(settings.make(word: "lnd-rest") { try LndOverREST(from: &$0, .example()) })
        try await lnd.start()
        let result: Result<Void, any Error>
        do {
            try await LightningConformance(
                of: lnd,
                foreignInvoice: { try fake.foreignInvoice($0) },
                pay: { try await fake.pay($0.bolt11) }
            ).run(check)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await lnd.stop()
        await rest.stop()
        try result.get()
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

    @Test func `a backend whose macaroon allows nothing but invoices promises nothing else`() async throws {
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
