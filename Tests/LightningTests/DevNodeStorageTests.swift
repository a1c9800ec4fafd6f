import GatewayKit
import GatewayTesting
import Lightning
import Testing

struct DevNodeStorageTests {
    private let store = MemoryStore()

    @Test func `a node keeps its key`() async throws {
        let first = try await DevNode.started(store: store).id
        let second = try await DevNode.started(store: store).id
        #expect(first == second)
    }

    @Test func `a key that is none keeps it from starting`() async throws {
        try await store.setValue([1, 2, 3], for: "dev/key")
        await #expect(throws: StartFailure.self) { _ = try await DevNode.started(store: store) }
    }

    @Test func `stopping writes out what is still to be written`() async throws {
        let node = try await DevNode.started(store: store)
        var hashes = Set<String>()
        for _ in 0..<300 {
            hashes.insert("dev/invoice/\(try await node.invoice().paymentHash)")
        }
        await node.stop()
        #expect(hashes.isSubset(of: store.keys))
    }

    @Test func `making an invoice does not wait for the store`() async throws {
        let node = try await DevNode.started(store: store)
        store.hold()
        let invoice = try await node.invoice()
        #expect(!store.keys.contains("dev/invoice/\(invoice.paymentHash)"))
        store.release()
        await node.stop()
        #expect(store.keys.contains("dev/invoice/\(invoice.paymentHash)"))
    }

    @Test func `an invoice can be paid after a restart`() async throws {
        let first = try await DevNode.started(store: store)
        let invoice = try await first.invoice()
        await first.stop()
        let second = try await DevNode.started(store: store)
        let payment = try await second.pay(invoice.bolt11, feeLimit: .zero)
        #expect(sha256(payment.preimage.bytes) == invoice.paymentHash.bytes)
    }

    @Test func `a payment is remembered after a restart`() async throws {
        let first = try await DevNode.started(store: store)
        let invoice = try await first.invoice()
        _ = try await first.pay(invoice.bolt11, feeLimit: .zero)
        // Not stopped: a payment is on disk before its preimage is out.
        let second = try await DevNode.started(store: store)
        #expect(try await second.isSettled(invoice.paymentHash))
        await #expect(throws: LightningFailure(.refused, "invoice is already paid")) {
            _ = try await second.pay(invoice.bolt11, feeLimit: .zero)
        }
    }

    @Test func `a payment does not wait for the invoices that are being written`() async throws {
        let node = try await DevNode.started(store: store)
        let paid = try await node.invoice()
        try await node.flush()
        store.hold(only: "dev/invoice/")
        _ = try await node.invoice()
        _ = try await node.pay(paid.bolt11, feeLimit: .zero)
        store.release()
        await node.stop()
    }

    @Test func `settlements before a restart are told again after it`() async throws {
        let first = try await DevNode.started(store: store)
        var hashes = [PaymentHash]()
        for _ in 0..<12 {
            let invoice = try await first.invoice()
            _ = try await first.pay(invoice.bolt11, feeLimit: .zero)
            hashes.append(invoice.paymentHash)
        }
        await first.stop()
        let second = try await DevNode.started(store: store)
        let stream = second.settlements(since: SettlementCursor(position: 2))
        await second.stop()
        let told = try await stream.reduce(into: [PaymentHash]()) { $0.append($1.payment) }
        #expect(told == Array(hashes.dropFirst(2)))
    }

    @Test func `a gap that a crash left does not keep it from starting`() async throws {
        let first = try await DevNode.started(store: store)
        for _ in 0..<3 {
            _ = try await first.pay(first.invoice().bolt11, feeLimit: .zero)
        }
        await first.stop()
        try await store.setValue(nil, for: "dev/settled/00000000000000000002")
        let second = try await DevNode.started(store: store)
        let stream = second.settlements(since: SettlementCursor(position: 0))
        _ = try await second.pay(second.invoice().bolt11, feeLimit: .zero)
        await second.stop()
        let positions = try await stream.reduce(into: [UInt64]()) { $0.append($1.cursor.position) }
        #expect(positions == [1, 3, 4])
    }

    @Test func `an invoice that is out of memory is read from the store`() async throws {
        let node = try await DevNode.started(store: store, invoicesInMemory: 2)
        let old = try await node.invoice()
        try await node.flush()
        for _ in 0..<4 {
            _ = try await node.invoice()
            try await node.flush()
        }
        _ = try await node.pay(old.bolt11, feeLimit: .zero)
        #expect(try await node.isSettled(old.paymentHash))
    }

    @Test func `a store that fails stops new invoices when memory is full`() async throws {
        let node = try await DevNode.started(store: store, invoicesInMemory: 3)
        store.isFailing = true
        for _ in 0..<3 {
            _ = try await node.invoice()
        }
        let failure = await #expect(throws: LightningFailure.self) { _ = try await node.invoice() }
        #expect(failure?.reason == .unavailable)
    }

    @Test func `a store that fails does not lose a payment that it takes later`() async throws {
        let node = try await DevNode.started(store: store)
        let invoice = try await node.invoice()
        store.isFailing = true
        _ = try await node.pay(invoice.bolt11, feeLimit: .zero)
        store.isFailing = false
        await node.stop()
        #expect(try await DevNode.started(store: store).isSettled(invoice.paymentHash))
    }

    @Test func `stopping ends the streams of settlements`() async throws {
        let node = try await DevNode.started(store: store)
        let open = node.settlements(since: nil)
        await node.stop()
        for try await _ in open {}
        for try await _ in node.settlements(since: nil) {}
    }
}
