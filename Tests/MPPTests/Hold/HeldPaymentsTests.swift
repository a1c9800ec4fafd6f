import GatewayKit
import GatewayTesting
import MPP
import Stores
import Testing

/// What a process that died has left.
struct HeldPaymentsTests {
    private let time = ManualTime()
    private let store = MemoryStore()
    private let node: HoldingNode

    init() {
        node = HoldingNode(time: time)
    }

    private var held: HeldPayments {
        HeldPayments(.example(time: time.source, store: store, lightning: node))
    }

    /// Of a process that is gone.
    private func invoice() async throws -> Invoice {
        try await held.makeInvoice(
            by: node,
            for: Amount(millisatoshis: 10_000),
            of: "quotes",
            memo: "tea",
            expiresIn: .seconds(600)
        )
    }

    private func kept() async throws -> Int { try await store.values(withPrefix: "mpp/hold/").count }

    @Test func `a payment that nobody comes for goes back after two minutes`() async throws {
        let invoice = try await invoice()
        node.arrive(invoice.paymentHash)
        let next = held
        try await next.start()
        await next.sweep()
        var state = try await next.state(of: invoice.paymentHash)
        #expect(state == .held)
        time.advance(by: .seconds(120))
        await next.sweep()
        state = try await node.invoiceState(invoice.paymentHash)
        #expect(state == .ended)
        let kept = try await kept()
        #expect(kept == 0)
        await next.stop()
    }

    @Test func `of an invoice that the node did not make nothing is kept`() async throws {
        let desk = held
        await #expect(throws: LightningFailure.self) {
            try await desk.makeInvoice(
                by: RefusingLightning(),
                for: Amount(millisatoshis: 10_000),
                of: "quotes",
                memo: "tea",
                expiresIn: .seconds(600)
            )
        }
        let kept = try await kept()
        #expect(kept == 0)
    }

    @Test func `an invoice that nobody pays is closed and forgotten after its end`() async throws {
        let invoice = try await invoice()
        let next = held
        try await next.start()
        await next.sweep()
        var kept = try await kept()
        #expect(kept == 1)
        time.advance(by: .seconds(900))
        await next.sweep()
        let state = try await node.invoiceState(invoice.paymentHash)
        #expect(state == .ended)
        kept = try await self.kept()
        #expect(kept == 0)
        await next.stop()
    }

    @Test func `what no node has made an invoice for is not kept`() async throws {
        await #expect(throws: LightningFailure.self) {
            _ = try await held.makeInvoice(
                by: RefusingLightning(),
                for: Amount(millisatoshis: 10_000),
                of: "quotes",
                memo: "tea",
                expiresIn: .seconds(600)
            )
        }
        let kept = try await kept()
        #expect(kept == 0)
    }

    @Test func `a payment that was taken is not given back, whatever the process knew of it`() async throws {
        let invoice = try await invoice()
        node.arrive(invoice.paymentHash)
        let (first, next) = (held, held)
        try await next.start()
        try await first.start()
        // The first process has taken it, and died before it could forget it.
        let row = try #require(try await store.values(withPrefix: "mpp/hold/").first)
        await first.stop()
        try await settle(invoice, row.value)
        time.advance(by: .seconds(120))
        await next.sweep()
        let state = try await node.invoiceState(invoice.paymentHash)
        #expect(state == .settled)
        let kept = try await kept()
        #expect(kept == 0)
        await next.stop()
    }

    /// With the preimage that is kept in the store.
    private func settle(_ invoice: Invoice, _ row: [UInt8]) async throws {
        let text = String(decoding: row, as: UTF8.self)
        for start in text.indices {
            guard let secret = Bytes32(hex: text[start...].prefix(64)) else { continue }
            try await node.settleInvoice(with: Preimage(secret))
            return
        }
        throw ConformanceFailure("there is no preimage in \(text)")
    }
}
