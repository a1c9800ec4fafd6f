import GatewayKit
import GatewayTesting
import Lightning
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LNbitsTests {
    private let amount = Amount(millisatoshis: 10_000)

    @Test func `an amount is rounded up to a satoshi`() async throws {
        try await FakeLNbits().serve { backend, _ in
            let amount = Amount(millisatoshis: 1_001)
            let made = try await backend.makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(60))
            #expect(made.amount == Amount(millisatoshis: 2_000))
        }
    }

    @Test func `invoices are made with the wallet's key`() async throws {
        try await FakeLNbits().serve { backend, server in
            _ = try await backend.makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(60))
            #expect(server.requests.map { $0.fields["x-api-key"] } == [FakeLNbits.invoiceKey])
        }
    }

    // MARK: Findings

    @Test func `that strangers learn preimages of paid invoices is told`() async throws {
        let node = try FakeLNbits()
        try await node.serve { backend, _ in
            let made = try await backend.makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(60))
            let before = await backend.findings()
            #expect(before == [])
            try node.books.pay(made.paymentHash)
            let after = await backend.findings()
            #expect(after.count == 1)
            #expect(after.first?.contains("learned that of \(made.paymentHash) by its hash alone") == true)
        }
    }

    @Test func `that strangers learn preimages of open invoices is told`() async throws {
        try await FakeLNbits(tellsOpenPreimages: true).serve { backend, _ in
            _ = try await backend.makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(60))
            let told = await backend.findings()
            #expect(told.count == 1)
        }
    }

    @Test func `strangers are asked for without a key`() async throws {
        try await FakeLNbits().serve { backend, server in
            _ = try await backend.makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(60))
            _ = await backend.findings()
            let last = try #require(server.requests.last)
            #expect(last.path.hasPrefix("/api/v1/payments/"))
            #expect(last.fields["x-api-key"] == nil)
        }
    }

    @Test func `a key that may spend in the place of the invoice key is told`() async throws {
        try await FakeLNbits(key: FakeLNbits.adminKey).serve { backend, _ in
            let told = await backend.findings()
            #expect(told == ["'key' of LNbits may spend: use the invoice key"])
        }
    }

    @Test func `a key of no wallet is noticed when the node is asked something`() async throws {
        try await FakeLNbits(key: "nonsense").serve { backend, _ in
            let failure = await #expect(throws: LightningFailure.self) { try await backend.probe() }
            #expect(failure?.description.contains("Wallet not found") == true)
        }
        try await FakeLNbits().serve { backend, _ in try await backend.probe() }
    }

    @Test func `a node that does not answer is no finding`() async throws {
        let node = try FakeLNbits()
        node.faults.react = { _ in .hangUp }
        try await node.serve { backend, _ in
            let told = await backend.findings()
            #expect(told == [])
        }
    }
}
