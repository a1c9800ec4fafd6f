import GatewayKit
import GatewayTesting
import Lightning
import Testing

struct DevNodeForgettingTests {
    private let store = MemoryStore()
    private let time = ManualTime()
    /// A day after the end of an invoice, and the hour in which that falls.
    private static let patience = Duration.seconds(60 + 25 * 3_600)

    private func isKept(_ invoice: Invoice) -> Bool {
        store.keys.contains("dev/invoice/\(invoice.paymentHash)")
    }

    /// Makes one more invoice, which brings a round of forgetting with it.
    private func round(_ node: DevNode) async throws {
        _ = try await node.invoice()
        try await node.flush()
    }

    @Test func `an invoice that nobody paid is forgotten a day after its end`() async throws {
        let node = try await DevNode.started(store: store, time: time.source)
        let invoice = try await node.invoice()
        try await node.flush()
        time.advance(by: .seconds(60 + 24 * 3_600))
        try await round(node)
        #expect(isKept(invoice))
        time.advance(by: .seconds(3_600))
        try await round(node)
        #expect(!isKept(invoice))
    }

    @Test func `a paid invoice is never forgotten`() async throws {
        let node = try await DevNode.started(store: store, time: time.source)
        let invoice = try await node.invoice()
        _ = try await node.pay(invoice.bolt11, feeLimit: .zero)
        time.advance(by: Self.patience)
        try await round(node)
        #expect(isKept(invoice))
        #expect(try await node.isSettled(invoice.paymentHash))
    }

    @Test func `invoices of before a restart are forgotten too, unless they were paid`() async throws {
        let first = try await DevNode.started(store: store, time: time.source)
        let paid = try await first.invoice()
        let unpaid = try await first.invoice()
        _ = try await first.pay(paid.bolt11, feeLimit: .zero)
        await first.stop()
        time.advance(by: Self.patience)
        let second = try await DevNode.started(store: store, time: time.source)
        try await round(second)
        #expect(isKept(paid))
        #expect(!isKept(unpaid))
    }

    @Test func `an invoice that lives long does not keep the others`() async throws {
        let node = try await DevNode.started(store: store, time: time.source)
        let long = try await node.makeInvoice(for: .satoshis(1)!, memo: "", expiresIn: .seconds(90 * 86_400))
        let short = try await node.invoice()
        try await node.flush()
        time.advance(by: Self.patience)
        try await round(node)
        #expect(isKept(long))
        #expect(!isKept(short))
    }

    @Test func `a round forgets a bounded number, and the next goes on`() async throws {
        let node = try await DevNode.started(store: store, time: time.source)
        for _ in 0..<100 {
            _ = try await node.invoice()
        }
        try await node.flush()
        time.advance(by: Self.patience)
        try await round(node)
        #expect(store.keys.count(where: { $0.hasPrefix("dev/invoice/") }) == 100 - 65 + 1)
        try await round(node)
        #expect(store.keys.count(where: { $0.hasPrefix("dev/invoice/") }) == 2)
    }

    @Test func `an invoice that a failing store did not take in time is not written any more`() async throws {
        let node = try await DevNode.started(store: store, time: time.source)
        store.isFailing = true
        let invoice = try await node.invoice()
        await #expect(throws: StoreFailure.self) { try await node.flush() }
        store.isFailing = false
        time.advance(by: Self.patience)
        try await node.flush()
        #expect(!isKept(invoice))
    }
}
