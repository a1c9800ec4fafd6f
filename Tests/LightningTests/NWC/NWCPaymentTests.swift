import GatewayKit
import GatewayTesting
import Lightning
import Testing

/// Refunds: what was paid is never paid again, and what may have been paid is never called unpaid.
struct NWCPaymentTests {
    private static let amount = Amount(millisatoshis: 10_000)

    /// Pays an invoice of somebody else.
    ///
    /// - Returns: what came of it, what the backend knows afterwards, and how often the wallet was told to pay.
    private func paying(
        _ wallet: FakeWallet,
        patience: Duration = .seconds(10),
        _ bolt11: String? = nil
    ) async throws -> (result: Result<Payment, LightningFailure>, state: PaymentState, asked: Int) {
        let bolt11 = try bolt11 ?? wallet.foreignInvoice(Self.amount)
        return try await NWCExample.with(wallet) { backend, _ in
            let result: Result<Payment, LightningFailure>
            do {
                result = .success(
                    try await backend.pay(bolt11, amount: nil, feeLimit: Self.amount, patience: patience)
                )
            } catch let failure as LightningFailure {
                result = .failure(failure)
            }
            wallet.behaviour = FakeWallet.Behaviour()
            let state = try await backend.payment(try backend.read(bolt11).payment)
            return (result, state, wallet.asked.count(where: { $0 == "pay_invoice" }))
        }
    }

    @Test func `a payment has its preimage and its fee`() async throws {
        let (result, state, _) = try await paying(try FakeWallet())
        let payment = try result.get()
        #expect(payment.fee == Amount(millisatoshis: 1_000))
        #expect(state == .paid(payment))
    }

    @Test func `a fee that the wallet does not tell with the payment is asked for`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.omits = ["fees_paid"]
        let (result, _, _) = try await paying(wallet)
        let payment = try result.get()
        #expect(payment.fee == Amount(millisatoshis: 1_000))
    }

    @Test(
        arguments: [
            "INSUFFICIENT_BALANCE", "QUOTA_EXCEEDED", "RATE_LIMITED", "RESTRICTED", "PAYMENT_FAILED", "INTERNAL",
        ]
    )
    func `a payment that was not begun is refused`(_ code: String) async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.errors = ["pay_invoice": code]
        let (result, state, _) = try await paying(wallet)
        #expect(throws: LightningFailure.self) { try result.get() }
        guard case .failure(let failure) = result else { return }
        #expect(failure.reason == .refused)
        // But for a wallet that never pays, a copy of the order may be on its way.
        #expect(state == (code == "RESTRICTED" ? .unpaid : .underWay))
    }

    @Test(arguments: ["PAYMENT_FAILED", "INTERNAL", "OTHER", "INSUFFICIENT_BALANCE", "QUOTA_EXCEEDED", "RATE_LIMITED"])
    func `a payment that arrived in spite of an error has arrived`(_ code: String) async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.lateErrors = ["pay_invoice": code]
        let (result, state, _) = try await paying(wallet)
        let payment = try result.get()
        #expect(state == .paid(payment))
    }

    @Test func `a payment whose answer was lost is not called refused, and is known afterwards`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.held = ["pay_invoice"]
        let (result, state, _) = try await paying(wallet, patience: .milliseconds(200))
        guard case .failure(let failure) = result, case .paid = state else {
            Issue.record("should have failed, and be known as paid")
            return
        }
        #expect(failure.reason == .unavailable)
    }

    @Test func `a payment that was not answered for is under way, and not begun again, as long as it may begin late`()
        async throws
    {
        let time = ManualTime(start: TimeSource.system.now())
        let wallet = try FakeWallet(time: time.source)
        let bolt11 = try wallet.foreignInvoice(Self.amount)
        try await NWCExample.with(wallet) { backend, _ in
            let payment = try backend.read(bolt11).payment
            wallet.behaviour.ignored = ["pay_invoice"]
            for _ in 0..<2 {
                let failure = try await backend.failure {
                    _ = try await $0.pay(bolt11, amount: nil, feeLimit: Self.amount, patience: .milliseconds(100))
                }
                #expect(failure.reason == .unavailable)
            }
            let soon = try await backend.payment(payment)
            #expect(soon == .underWay)
            time.advance(by: .seconds(66))
            let later = try await backend.payment(payment)
            #expect(later == .unpaid)
        }
        #expect(wallet.asked.count(where: { $0 == "pay_invoice" }) == 1)
    }

    @Test func `a payment that was not answered for is under way for the next process, too`() async throws {
        let time = ManualTime(start: TimeSource.system.now())
        let wallet = try FakeWallet(time: time.source)
        let store = MemoryStore()
        let bolt11 = try wallet.foreignInvoice(Self.amount)
        wallet.behaviour.ignored = ["pay_invoice"]
        try await NWCExample.with(wallet, store: store) { backend, _ in
            let payment = try backend.read(bolt11).payment
            // Ends in the midst of it, as a process that is killed.
            let paying = Task { try await backend.pay(bolt11, feeLimit: Self.amount) }
            while !wallet.asked.contains("pay_invoice") {
                await Task.yield()
            }
            let next = try await NWCExample.started(wallet, store: store)
            let soon = try await next.payment(payment)
            #expect(soon == .underWay)
            let failure = try await next.failure { _ = try await $0.pay(bolt11, feeLimit: Self.amount) }
            #expect(failure.reason == .unavailable)
            time.advance(by: .seconds(126))
            let later = try await next.payment(payment)
            #expect(later == .unpaid)
            await next.stop()
            paying.cancel()
            _ = await paying.result
        }
        #expect(wallet.asked.count(where: { $0 == "pay_invoice" }) == 1)
    }

    @Test(arguments: [nil, "RESTRICTED"] as [String?])
    func `nothing is kept of a payment once it is known what became of it`(_ code: String?) async throws {
        let wallet = try FakeWallet()
        let store = MemoryStore()
        let bolt11 = try wallet.foreignInvoice(Self.amount)
        try await NWCExample.with(wallet, store: store) { backend, _ in
            if let code { wallet.behaviour.errors = ["pay_invoice": code] }
            _ = try? await backend.pay(bolt11, feeLimit: Self.amount)
        }
        #expect(wallet.asked.contains("pay_invoice"))
        #expect(!store.keys.contains { $0.hasPrefix("nwc/paying/") })
    }

    @Test func `a relay that asks who this is once it has a payment does not get that again`() async throws {
        let wallet = try FakeWallet()
        let bolt11 = try wallet.foreignInvoice(Self.amount)
        wallet.behaviour.held = ["pay_invoice"]
        let published = try await NWCExample.with(wallet) { backend, relays in
            async let paying = backend.pay(bolt11, feeLimit: Self.amount)
            while wallet.withheld.isEmpty {
                await Task.yield()
            }
            let order = try #require(relays[0].published.last)
            relays[0].say(#"["AUTH","who is it?"]"#)
            // The first answer comes behind the question, the second behind the consent, the third behind what followed that.
            for _ in 0..<3 { _ = try await backend.tenSatoshis() }
            wallet.release()
            _ = try await paying
            return relays[0].published.count(where: { $0.id == order.id })
        }
        #expect(published == 1)
    }

    @Test func `a relay that says it has the payment already has not refused it`() async throws {
        let wallet = try FakeWallet()
        let bolt11 = try wallet.foreignInvoice(Self.amount)
        wallet.behaviour.held = ["pay_invoice"]
        try await NWCExample.with(wallet) { backend, relays in
            async let paying = backend.pay(bolt11, feeLimit: Self.amount)
            while wallet.withheld.isEmpty {
                await Task.yield()
            }
            let order = try #require(relays[0].published.last)
            relays[0].say(#"["OK","\#(order.id.hex)",false,"duplicate: have this event"]"#)
            wallet.release()
            let payment = try await paying
            #expect(payment.amount == Self.amount)
        }
    }

    @Test func `an error about which the wallet can say no more is not called refused`() async throws {
        let wallet = try FakeWallet()
        let bolt11 = try wallet.foreignInvoice(Self.amount)
        let failure = try await NWCExample.with(wallet) { backend, _ in
            wallet.behaviour.errors = ["lookup_invoice": "RESTRICTED"]
            return try await backend.failure { _ = try await $0.pay(bolt11, feeLimit: Self.amount) }
        }
        #expect(failure.reason == .unavailable)
    }

    @Test func `another preimage proves nothing`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.hidesPreimage = true
        let (result, _, _) = try await paying(wallet)
        guard case .failure(let failure) = result else {
            Issue.record("should have failed")
            return
        }
        #expect(failure.reason == .malformed)
    }

    @Test func `an invoice of another network is not paid`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.network = .bitcoin
        let bolt11 = try wallet.bolt11(
            for: Self.amount,
            PaymentHash(.random()),
            expiry: .seconds(600),
            memo: "refund"
        )
        let failure = try await NWCExample.with(wallet) { backend, _ in
            try await backend.failure { _ = try await $0.pay(bolt11, feeLimit: Self.amount) }
        }
        #expect(failure.reason == .refused)
        #expect(wallet.asked.isEmpty)
    }

    @Test func `of several payers of one invoice one gets through`() async throws {
        let wallet = try FakeWallet()
        let bolt11 = try wallet.foreignInvoice(Self.amount)
        let paid = try await NWCExample.with(wallet) { backend, _ in
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 {
                    group.addTask { (try? await backend.pay(bolt11, feeLimit: Self.amount)) != nil }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
        }
        #expect(paid == 1)
        #expect(wallet.asked.count(where: { $0 == "pay_invoice" }) == 1)
    }
}
