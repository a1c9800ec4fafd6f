import GatewayKit
import GatewayTesting
import Lightning
import NIOConcurrencyHelpers
import Testing

/// No payment is missed, and none told twice, whatever was away in the meantime.
struct NWCSettlementTests {
    private func pay(_ count: Int, _ wallet: FakeWallet, _ backend: NWCBackend) async throws -> [PaymentHash] {
        var payments = [PaymentHash]()
        for _ in 0..<count {
            let invoice = try await backend.tenSatoshis()
            try await wallet.pay(invoice)
            payments.append(invoice.paymentHash)
        }
        return payments
    }

    @Test func `a payment is told of as the wallet does, with its amount and its time`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet) { backend, _ in
            let end = try await backend.settlementsEnd()
            let payments = try await pay(1, wallet, backend)
            let told = try await backend.settlements(1, since: end)
            let settlement = try #require(told.first)
            #expect(settlement.payment == payments[0])
            #expect(settlement.amount == Amount(millisatoshis: 10_000))
            #expect(abs(settlement.settledAt.milliseconds - WallTime.now.milliseconds) < 60_000)
        }
    }

    @Test func `a payment that every relay tells of twice is told of once`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet, relays: 2) { backend, relays in
            for relay in relays {
                relay.behaviour.copies = 2
            }
            let end = try await backend.settlementsEnd()
            let payments = try await pay(3, wallet, backend)
            let told = try await backend.settlements(3, since: end).map(\.payment)
            #expect(told == payments)
        }
    }

    @Test func `what the wallet did not tell of is found in its list`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.isSilent = true
        try await NWCExample.with(wallet) { backend, _ in
            let end = try await backend.settlementsEnd()
            // More than a page, and not a whole number of them.
            let payments = try await pay(45, wallet, backend)
            let told = try await backend.settlements(45, since: end).map(\.payment)
            #expect(told == payments)
        }
    }

    @Test func `what arrived while no relay was connected is found when one is`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet) { backend, relays in
            let end = try await backend.settlementsEnd()
            let invoice = try await backend.tenSatoshis()
            let stream = backend.settlements(since: end)
            try await relays[0].stop()
            wallet.behaviour.isSilent = true
            try await wallet.pay(invoice)
            try await relays[0].start()
            var told = [PaymentHash]()
            for try await settlement in stream {
                told.append(settlement.payment)
                break
            }
            #expect(told == [invoice.paymentHash])
        }
    }

    @Test func `after a start a stream goes on where it stood`() async throws {
        let wallet = try FakeWallet()
        let store = MemoryStore()
        try await NWCExample.with(wallet, store: store) { backend, _ in
            let end = try await backend.settlementsEnd()
            let before = try await pay(2, wallet, backend)
            let told = try await backend.settlements(2, since: end)
            #expect(told.map(\.payment) == before)
            await backend.stop()
            let missed = try await NWCExample.started(wallet, store: MemoryStore())
            let payments = try await pay(2, wallet, missed)
            await missed.stop()
            let next = try await NWCExample.started(wallet, store: store)
            let resumed = try await next.settlements(2, since: told.last?.cursor).map(\.payment)
            #expect(resumed == payments)
            await next.stop()
        }
    }

    @Test func `a payment from before is told of where the gateway waits for it`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.isSilent = true
        // The wallet's clock is far behind.
        wallet.behaviour.clockError = .seconds(-7_200)
        let store = IssuedInvoices()
        try await NWCExample.with(wallet, store: store) { backend, _ in
            let invoice = try await backend.tenSatoshis()
            let other = try await backend.tenSatoshis()
            store.add(invoice)
            try await wallet.pay(other)
            try await wallet.pay(invoice)
            let end = try await backend.settlementsEnd()
            let told = try await backend.settlements(1, since: end).map(\.payment)
            #expect(told == [invoice.paymentHash])
        }
    }

    @Test func `a payment that was told of needs no look at the wallet`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet) { backend, _ in
            let end = try await backend.settlementsEnd()
            let payments = try await pay(1, wallet, backend)
            _ = try await backend.settlements(1, since: end)
            let isSettled = try await backend.isSettled(payments[0])
            #expect(isSettled)
            #expect(!wallet.asked.contains("lookup_invoice"))
        }
    }

    @Test func `a notification that somebody else has signed is not believed`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet) { backend, relays in
            relays[0].behaviour.filters = false
            let invoice = try await backend.tenSatoshis()
            wallet.behaviour.signer = NostrKey.example(7)
            wallet.notify(invoice.paymentHash)
            wallet.behaviour.signer = nil
            let isSettled = try await backend.isSettled(invoice.paymentHash)
            #expect(!isSettled)
        }
    }

    @Test func `a notification of what is not settled is not believed`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet) { backend, _ in
            let invoice = try await backend.tenSatoshis()
            wallet.notify(invoice.paymentHash)
            let isSettled = try await backend.isSettled(invoice.paymentHash)
            #expect(!isSettled)
        }
    }

    @Test func `a stream ends where the wallet's connection turns out not to permit to list payments`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet, introduces: false) { backend, _ in
            let stream = backend.settlements(since: nil)
            wallet.introduce("make_invoice lookup_invoice")
            await #expect(throws: LightningFailure.self) {
                for try await _ in stream {}
            }
            #expect(!backend.capabilities.contains(.subscribe))
        }
    }

    @Test func `stopping ends the streams`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet) { backend, _ in
            let stream = backend.settlements(since: nil)
            await backend.stop()
            var told = 0
            for try await _ in stream {
                told += 1
            }
            #expect(told == 0)
        }
    }
}

extension WallTime {
    fileprivate static var now: WallTime { TimeSource.system.now() }
}

/// A store that knows invoices that were given out, and nothing else.
private final class IssuedInvoices: ForwardingStore {
    let base: any Store = MemoryStore()
    private let invoices = NIOLockedValueBox<[PaymentHash: IssuedInvoice]>([:])

    func add(_ invoice: Invoice) {
        let issued = IssuedInvoice(invoice: invoice, service: "tea", route: "tea", issuedAt: .now)
        invoices.withLockedValue { $0[invoice.paymentHash] = issued }
    }

    func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? {
        invoices.withLockedValue { $0[payment] }
    }
}
