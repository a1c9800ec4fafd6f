import GatewayKit
import GatewayTesting
import Lightning
import Testing

/// Payments to the development node that are held.
@Suite(.timeLimit(.minutes(1)))
struct DevHoldsTests {
    private let store = MemoryStore()
    private let preimage = Preimage(.random())

    private func invoice(_ node: DevNode) async throws -> Invoice {
        try await node.makeHoldInvoice(
            for: Amount(millisatoshis: 10_000),
            payment: PaymentHash(sha256(preimage.bytes) ?? .zero),
            memo: "tea",
            expiresIn: .seconds(600)
        )
    }

    /// A payment that is held when this returns.
    private func paying(_ invoice: Invoice, _ node: DevNode) async throws -> Task<Payment, any Error> {
        let paying = Task { try await node.pay(invoice.bolt11, feeLimit: .zero) }
        while try await node.invoiceState(invoice.paymentHash) != .held { await Task.yield() }
        return paying
    }

    @Test func `another payer who leaves does not end the wait of the first`() async throws {
        let node = try await DevNode.started(store: store)
        let invoice = try await invoice(node)
        let first = try await paying(invoice, node)
        let other = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await node.pay(invoice.bolt11, feeLimit: .zero)
        }
        let failed = await other.result
        #expect(throws: (any Error).self) { try failed.get() }
        try await node.settleInvoice(with: preimage)
        let payment = try await first.value
        #expect(payment.preimage == preimage)
    }

    @Test func `what its payer does not wait for any more can be settled`() async throws {
        let node = try await DevNode.started(store: store)
        let invoice = try await invoice(node)
        let paying = try await paying(invoice, node)
        paying.cancel()
        await #expect(throws: CancellationError.self) { try await paying.value }
        try await node.settleInvoice(with: preimage)
        let state = try await node.invoiceState(invoice.paymentHash)
        #expect(state == .settled)
    }

    @Test func `an invoice that was cancelled is not paid after a restart`() async throws {
        let first = try await DevNode.started(store: store)
        let invoice = try await invoice(first)
        try await first.cancelInvoice(invoice.paymentHash)
        await first.stop()
        let second = try await DevNode.started(store: store)
        await #expect(throws: LightningFailure(.refused, "invoice is already canceled")) {
            _ = try await second.pay(invoice.bolt11, feeLimit: .zero)
        }
        let state = try await second.invoiceState(invoice.paymentHash)
        #expect(state == .ended)
    }

    @Test func `a node that is down neither settles nor cancels`() async throws {
        let node = try await DevNode.started(store: store)
        let invoice = try await invoice(node)
        let paying = try await paying(invoice, node)
        node.behaviour = DevBehaviour(.down)
        await #expect(throws: LightningFailure.self) { try await node.settleInvoice(with: preimage) }
        await #expect(throws: LightningFailure.self) { try await node.cancelInvoice(invoice.paymentHash) }
        node.behaviour = DevBehaviour(.normal)
        let state = try await node.invoiceState(invoice.paymentHash)
        #expect(state == .held)
        try await node.cancelInvoice(invoice.paymentHash)
        await #expect(throws: LightningFailure.self) { _ = try await paying.value }
    }

    @Test func `payers who wait learn that the node stops`() async throws {
        let node = try await DevNode.started(store: store)
        let paying = try await paying(try await invoice(node), node)
        await node.stop()
        await #expect(throws: LightningFailure.self) { _ = try await paying.value }
    }
}
