import GatewayKit
import GatewayTesting
import Lightning
import LightningTesting
import NIOConcurrencyHelpers
import Testing

/// What it takes to begin with a node that has been paid for a million other things: from the start until a payment is told.
/// It does not depend on their number.
@Suite(.timeLimit(.minutes(1)))
struct StartupTests {
    /// More than there are on all pages that are asked for, with numbers that have as many bytes as those of a million.
    private static let few: UInt64 = 20_000
    private static let many: UInt64 = 1_000_000

    /// Goes on from a cursor, with a payment that arrives meanwhile.
    private func follow(
        _ backend: any LightningBackend,
        since cursor: SettlementCursor,
        paying pay: (Invoice) async throws -> Void
    ) async throws {
        let amount = Amount(millisatoshis: 10_000)
        let invoice = try await backend.makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(600))
        try await pay(invoice)
        for try await settlement in backend.settlements(since: cursor) where settlement.payment == invoice.paymentHash {
            break
        }
    }

    // MARK: HTTP

    /// - Parameter isFirst: whether it has to find out where the node stands, which a later start knows.
    private func traffic(
        of kind: NodeFaultTests.Kind,
        after count: UInt64,
        isFirst: Bool
    ) async throws -> StartupTraffic {
        let books = try FakeBooks(ancient: count)
        let node = try kind.node(books: books)
        let traffic = NIOLockedValueBox(StartupTraffic())
        node.faults.rewrite = { request, body in
            // How often phoenixd's doorbell is looked for is a matter of time, and it tells of nothing.
            if request.path != "/websocket" { traffic.withLockedValue { $0.note(body) } }
            return body
        }
        try await node.serve { backend, _ in
            let end = try await backend.settlementsEnd()
            if !isFirst { traffic.withLockedValue { $0 = StartupTraffic() } }
            try await follow(backend, since: end) { _ = try books.pay($0.paymentHash) }
        }
        return traffic.withLockedValue { $0 }
    }

    @Test(arguments: NodeFaultTests.Kind.allCases)
    func `a node over HTTP tells a gateway that comes back what is new`(_ kind: NodeFaultTests.Kind) async throws {
        let few = try await traffic(of: kind, after: Self.few, isFirst: false)
        let many = try await traffic(of: kind, after: Self.many, isFirst: false)
        #expect(many == few)
        #expect(many.calls == 2)
    }

    @Test(arguments: [NodeFaultTests.Kind.phoenixd, .lnbits])
    func `a node over HTTP tells a new gateway a page of what was`(_ kind: NodeFaultTests.Kind) async throws {
        let few = try await traffic(of: kind, after: Self.few, isFirst: true)
        let many = try await traffic(of: kind, after: Self.many, isFirst: true)
        #expect(many == few)
        #expect(many.calls == 3)
    }

    /// It tells where it stands by yes and no alone (`CoreLightning.settlementsEnd`).
    @Test func `Core Lightning is asked two questions more by a new gateway where it was paid twice as often`()
        async throws
    {
        let half = try await traffic(of: .coreLightning, after: Self.many / 2, isFirst: true)
        let many = try await traffic(of: .coreLightning, after: Self.many, isFirst: true)
        #expect(many.calls <= half.calls + 2)
        #expect(many.calls <= 44)
        #expect(many.invoices <= many.calls)
    }

    // MARK: lnd

    private func traffic(of fake: FakeLnd, _ lnd: some LndBackend, after count: UInt64) async throws -> StartupTraffic {
        fake.fill(count)
        try await follow(lnd, since: lnd.settlementsEnd()) { try await fake.pay($0.bolt11) }
        return StartupTraffic(calls: fake.calls, invoices: fake.sent, bytes: fake.sentBytes)
    }

    @Test func `lnd tells a new gateway a page of what was`() async throws {
        let few = try await Lnd.with { try await traffic(of: $0, $1, after: Self.few) }
        let many = try await Lnd.with { try await traffic(of: $0, $1, after: Self.many) }
        #expect(many == few)
        #expect(many.calls == 3)
    }

    private func trafficOverREST(after count: UInt64) async throws -> StartupTraffic {
        let fake = try FakeLnd()
        let rest = try await FakeLndREST.start(of: fake)
        let settings = ExampleSettings([
            "address": rest.url, "macaroon": FakeLnd.macaroon, "network": "regtest",
        ])
        let lnd = try #require(settings.make(word: "lnd-rest") { try LndOverREST(from: &$0, .example()) })
        try await lnd.start()
        let result: Result<StartupTraffic, any Error>
        do {
            result = .success(try await traffic(of: fake, lnd, after: count))
        } catch {
            result = .failure(error)
        }
        await lnd.stop()
        await rest.stop()
        return try result.get()
    }

    @Test func `lnd tells it by its REST interface as well`() async throws {
        let few = try await trafficOverREST(after: Self.few)
        let many = try await trafficOverREST(after: Self.many)
        #expect(many == few)
        #expect(many.calls == 3)
    }

    // MARK: Nostr Wallet Connect

    private func walletTraffic(after count: UInt64) async throws -> StartupTraffic {
        let wallet = try FakeWallet()
        wallet.fill(Int(count))
        // What it does not tell by itself is found in its list.
        wallet.behaviour.isSilent = true
        return try await NWCExample.with(wallet) { backend, _ in
            try await follow(backend, since: backend.settlementsEnd()) { try await wallet.pay($0) }
            // One list is a page of it. A page may have been asked for again, when the relay was ready.
            return StartupTraffic(calls: wallet.listed.count, invoices: wallet.listed.values.reduce(0, +))
        }
    }

    @Test func `a wallet lists what was made since an invoice of this gateway could have been`() async throws {
        let few = try await walletTraffic(after: Self.few)
        let many = try await walletTraffic(after: Self.many)
        #expect(many == few)
        // In a day, one in ten minutes, and pages of twenty.
        #expect((7...9).contains(many.calls))
    }
}
