import GatewayKit
import GatewayTesting
import Testing

/// What a node returns, and what becomes of it.
struct InvoiceCheckTests {
    private static let tenSatoshis = Amount(millisatoshis: 10_000)
    private let time = ManualTime()

    /// A node that says one thing of its invoice and has written another into it.
    private struct LyingNode: LightningBackend {
        var said: Invoice
        var written: PayableInvoice?

        func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice { said }
        func makeHoldInvoice(for amount: Amount, payment: PaymentHash, memo: String, expiresIn: Duration) async throws
            -> Invoice
        { said }
        func isSettled(_ payment: PaymentHash) async throws -> Bool { false }
        func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
            AsyncThrowingStream { $0.finish() }
        }
        func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
            throw LightningFailure(.refused, "this node does not pay")
        }
        func payment(_ payment: PaymentHash) async throws -> PaymentState { .unpaid }
        func read(_ bolt11: String) throws -> PayableInvoice {
            guard let written else { throw LightningFailure(.refused, "the signature of the invoice is wrong") }
            return written
        }
    }

    private static let payment = PaymentHash(.random())

    private func node(
        says amount: Amount = Self.tenSatoshis,
        writes written: Amount? = Self.tenSatoshis,
        payment: PaymentHash = Self.payment,
        expiresIn: Duration = .seconds(600)
    ) -> LyingNode {
        let end = time.now.advanced(by: expiresIn)
        return LyingNode(
            said: Invoice(bolt11: "LNBCRT1", paymentHash: Self.payment, amount: amount, expiresAt: end),
            written: PayableInvoice(payment: payment, amount: written, expiresAt: end)
        )
    }

    private func invoice(
        of node: LyingNode,
        for amount: Amount = Self.tenSatoshis,
        _ check: InvoiceCheck
    ) async throws -> Invoice {
        try await check.invoice(of: node, for: amount, memo: "", expiresIn: .seconds(600))
    }

    private func fault(of node: LyingNode, for amount: Amount = Self.tenSatoshis) async throws -> InvoiceFault? {
        let check = InvoiceCheck(time: time.source)
        let failure = await #expect(throws: LightningFailure.self) { try await invoice(of: node, for: amount, check) }
        #expect(failure?.reason == .malformed)
        let found = check.faults.filter { $0.count > 0 }
        #expect(found.count == 1)
        return found.first?.fault
    }

    @Test func `an invoice that says what was asked for is given out in lower case and not counted`() async throws {
        let check = InvoiceCheck(time: time.source)
        let invoice = try await invoice(of: node(), check)
        #expect(invoice.bolt11 == "lnbcrt1")
        #expect(invoice.paymentHash == Self.payment)
        #expect(invoice.amount == Self.tenSatoshis)
        #expect(invoice.expiresAt == time.now.advanced(by: .seconds(600)))
        #expect(check.faults.allSatisfy { $0.count == 0 })
    }

    @Test func `an amount that a node without millisatoshis rounds up is right`() async throws {
        let asked = Amount(millisatoshis: 9_001)
        let invoice = try await invoice(of: node(), for: asked, InvoiceCheck(time: time.source))
        #expect(invoice.amount == Self.tenSatoshis)
    }

    @Test func `an invoice that cannot be read is thrown away`() async throws {
        var node = node()
        node.written = nil
        let found = try await fault(of: node)
        #expect(found == .unreadable)
    }

    @Test(arguments: [9_999, 10_001, 11_000, nil] as [UInt64?])
    func `an invoice for another amount is thrown away`(_ written: UInt64?) async throws {
        let amount = written.map { Amount(millisatoshis: $0) }
        let found = try await fault(of: node(says: amount ?? Self.tenSatoshis, writes: amount))
        #expect(found == .amount)
    }

    @Test func `an invoice that says the amount and asks for another is thrown away`() async throws {
        let found = try await fault(of: node(writes: Amount(millisatoshis: 10_001)))
        #expect(found == .amount)
    }

    @Test func `an invoice for a payment that the node does not name is thrown away`() async throws {
        let found = try await fault(of: node(payment: PaymentHash(.random())))
        #expect(found == .hash)
    }

    @Test(arguments: [Duration.zero, .seconds(-1), .seconds(661), .seconds(86_400)])
    func `an invoice that has expired or lives too long is thrown away`(_ expiry: Duration) async throws {
        let found = try await fault(of: node(expiresIn: expiry))
        #expect(found == .expiry)
    }

    @Test(arguments: [Duration.seconds(1), .seconds(660)])
    func `a clock may differ by a minute, and a node may make an invoice that ends sooner`(_ expiry: Duration)
        async throws
    {
        let invoice = try await invoice(of: node(expiresIn: expiry), InvoiceCheck(time: time.source))
        #expect(invoice.expiresAt == time.now.advanced(by: expiry))
    }

    @Test func `a payment is asked for by one invoice`() async throws {
        let check = InvoiceCheck(time: time.source)
        _ = try await invoice(of: node(), check)
        await #expect(throws: LightningFailure.self) { try await invoice(of: node(), check) }
        #expect(check.faults.first { $0.fault == .repeated }?.count == 1)
    }

    @Test func `an invoice that is held is for the payment that was asked for, also when it is asked for again`()
        async throws
    {
        let check = InvoiceCheck(time: time.source)
        for _ in 0..<2 {
            let invoice = try await hold(Self.payment, check)
            #expect(invoice.paymentHash == Self.payment)
        }
        await #expect(throws: LightningFailure.self) { try await hold(PaymentHash(.random()), check) }
        #expect(check.faults.first { $0.fault == .hash }?.count == 1)
    }

    private func hold(_ payment: PaymentHash, _ check: InvoiceCheck) async throws -> Invoice {
        try await check.holdInvoice(
            of: node(),
            for: Self.tenSatoshis,
            payment: payment,
            memo: "",
            expiresIn: .seconds(600)
        )
    }
}
