import GatewayKit
import GatewayTesting
import Lightning
import Testing

/// Refunds of a pool whose members change: no other node is told as long as the first may have paid.
struct PoolRefundTests {
    private let store = PoolStore()
    private let amount = Amount(millisatoshis: 10_000)

    /// A pool as of the next process.
    private func pool(_ members: PoolMember...) async throws -> LightningPool {
        let pool = LightningPool(members, choice: .order, .example(store: store))
        try await pool.start()
        return pool
    }

    /// Of a node that was started.
    private func invoice(of node: DevNode) async throws -> Invoice {
        try await node.makeInvoice(for: amount, memo: "refund", expiresIn: .seconds(60))
    }

    @Test func `what a node has refused to pay is paid by another once that one is taken out`() async throws {
        let (main, spare) = (DevNode.example(), try await DevNode.started())
        let invoice = try await invoice(of: spare)
        let before = try await pool(PoolMember("main", main))
        await #expect(throws: LightningFailure.self) { try await before.pay(invoice.bolt11, feeLimit: .zero) }
        let after = try await pool(PoolMember("spare", spare))
        let state = try await after.payment(invoice.paymentHash)
        #expect(state == .unpaid)
        let payment = try await after.pay(invoice.bolt11, feeLimit: .zero)
        #expect(sha256(payment.preimage.bytes) == invoice.paymentHash.bytes)
    }

    @Test func `what a node may have paid is not paid by another`() async throws {
        let (main, spare) = (DevNode.example(), try await DevNode.started())
        let invoice = try await invoice(of: spare)
        let before = try await pool(PoolMember("main", main))
        main.behaviour = DevBehaviour(.down)
        await #expect(throws: LightningFailure.self) { try await before.pay(invoice.bolt11, feeLimit: .zero) }
        let after = try await pool(PoolMember("spare", spare))
        let failure = await #expect(throws: LightningFailure.self) {
            try await after.pay(invoice.bolt11, feeLimit: .zero)
        }
        #expect(failure?.reason == .unavailable)
        await #expect(throws: LightningFailure.self) { try await after.payment(invoice.paymentHash) }
    }

    @Test func `a node that has refused and is told again may have paid`() async throws {
        let (main, spare) = (DevNode.example(), try await DevNode.started())
        let invoice = try await invoice(of: spare)
        let before = try await pool(PoolMember("main", main))
        for mode in [DevBehaviour.Mode.normal, .down] {
            main.behaviour = DevBehaviour(mode)
            await #expect(throws: LightningFailure.self) { try await before.pay(invoice.bolt11, feeLimit: .zero) }
        }
        let after = try await pool(PoolMember("spare", spare))
        await #expect(throws: LightningFailure.self) { try await after.payment(invoice.paymentHash) }
    }

    @Test func `a node that has another name by now goes on`() async throws {
        let node = try await DevNode.started()
        let invoice = try await invoice(of: node)
        let before = try await pool(PoolMember("main", at: "lnd 10.0.0.5:10009", node))
        node.behaviour = DevBehaviour(.down)
        await #expect(throws: LightningFailure.self) { try await before.pay(invoice.bolt11, feeLimit: .zero) }
        node.behaviour = DevBehaviour(.normal)
        let after = try await pool(PoolMember("first", at: "lnd 10.0.0.5:10009", node))
        let payment = try await after.pay(invoice.bolt11, feeLimit: .zero)
        #expect(sha256(payment.preimage.bytes) == invoice.paymentHash.bytes)
    }

    @Test func `another node of the same name pays nothing that the first may have paid`() async throws {
        let (first, second) = (DevNode.example(), try await DevNode.started())
        let invoice = try await invoice(of: second)
        let before = try await pool(PoolMember("main", at: "lnd 10.0.0.5:10009", first))
        first.behaviour = DevBehaviour(.down)
        await #expect(throws: LightningFailure.self) { try await before.pay(invoice.bolt11, feeLimit: .zero) }
        let after = try await pool(PoolMember("main", at: "lnd 10.0.0.6:10009", second))
        await #expect(throws: LightningFailure.self) { try await after.payment(invoice.paymentHash) }
        await #expect(throws: LightningFailure.self) { try await after.pay(invoice.bolt11, feeLimit: .zero) }
    }

    @Test func `a name that was written down alone is enough`() async throws {
        let node = try await DevNode.started()
        let invoice = try await invoice(of: node)
        try await store.setValue(Array("main".utf8), for: "pool/refund/\(invoice.paymentHash)")
        let pool = try await pool(PoolMember("other", DevNode.example()), PoolMember("main", at: "dev", node))
        let payment = try await pool.pay(invoice.bolt11, feeLimit: .zero)
        #expect(sha256(payment.preimage.bytes) == invoice.paymentHash.bytes)
    }
}
