import GatewayKit
import GatewayTesting
import Lightning
import Testing

struct DevNodeTests {
    private let time = ManualTime()

    // MARK: Settings

    @Test func `without settings it listens on 127.0.0.1 port 8403`() throws {
        let settings = ExampleSettings()
        let node = settings.make(word: "dev") { try DevNode(from: &$0, .example()) }
        #expect(settings.messages == [])
        #expect(node?.listener.address == "127.0.0.1:8403")
        #expect(node?.localServices.map(\.route.name) == ["dev-node"])
    }

    @Test(arguments: ["127.0.0.1:9", "127.1.2.3:9", "[::1]:9", "localhost:9"])
    func `it listens on a loopback address`(_ address: String) {
        let settings = ExampleSettings(["listen": address])
        let node = settings.make(word: "dev") { try DevNode(from: &$0, .example()) }
        #expect(settings.messages == [])
        #expect(node?.listener.address == address)
    }

    @Test(arguments: ["0.0.0.0:8403", "192.0.2.1:8403", "[::]:8403", "example.com:8403", "127.0.0.1", ":8403", "8403"])
    func `it refuses every other address`(_ address: String) {
        let settings = ExampleSettings(["listen": address])
        _ = settings.make(word: "dev") { try DevNode(from: &$0, .example()) }
        #expect(settings.messages.count == 1)
        #expect(settings.messages.first?.hasPrefix("'listen' should be a loopback address") == true)
    }

    // MARK: Invoices

    @Test func `an invoice is a signed one for regtest`() async throws {
        let node = try await DevNode.started(time: time.source)
        let made = try await node.makeInvoice(
            for: Amount(millisatoshis: 1_500),
            memo: "tea",
            expiresIn: .milliseconds(59_001)
        )
        let invoice = try Bolt11Invoice(decoding: made.bolt11)
        #expect(invoice.network == .regtest)
        #expect(invoice.amount == Amount(millisatoshis: 1_500))
        #expect(invoice.memo == "tea")
        #expect(invoice.expiry == .seconds(60))
        #expect(invoice.timestamp == time.now)
        #expect(try invoice.payee == node.id)
        #expect(invoice.features == .basic)
        #expect(made.paymentHash == invoice.paymentHash)
        #expect(made.amount == invoice.amount)
        #expect(made.expiresAt == invoice.expiresAt)
    }

    @Test func `it makes no invoice before it has started`() async {
        let node = DevNode.example()
        await #expect(throws: LightningFailure(.unavailable, "the development node has not started")) {
            _ = try await node.invoice()
        }
    }

    @Test func `it refuses an expiry of nothing and of more than a year`() async throws {
        let node = try await DevNode.started()
        for expiry: Duration in [.zero, .seconds(-1), .seconds(31_536_001), .seconds(Int64.max)] {
            let failure = await #expect(throws: LightningFailure.self) {
                _ = try await node.makeInvoice(for: Amount(millisatoshis: 1), memo: "", expiresIn: expiry)
            }
            #expect(failure?.reason == .refused)
        }
    }

    @Test func `it refuses a memo that BOLT 11 has no room for`() async throws {
        let node = try await DevNode.started()
        let failure = await #expect(throws: LightningFailure.self) {
            _ = try await node.invoice(memo: String(repeating: "a", count: 640))
        }
        #expect(failure?.reason == .refused)
    }

    // MARK: Paying

    @Test func `paying gives the preimage and settles the invoice`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        #expect(try await !node.isSettled(invoice.paymentHash))
        let payment = try await node.pay(invoice.bolt11, feeLimit: .zero)
        #expect(sha256(payment.preimage.bytes) == invoice.paymentHash.bytes)
        #expect(payment.amount == invoice.amount)
        #expect(payment.fee == .zero)
        #expect(try await node.isSettled(invoice.paymentHash))
    }

    @Test func `of many payers at once exactly one gets through`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        let outcomes = await withTaskGroup(of: LightningFailure?.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    do {
                        _ = try await node.pay(invoice.bolt11, feeLimit: .zero)
                        return nil
                    } catch {
                        return error as? LightningFailure
                    }
                }
            }
            return await group.reduce(into: [LightningFailure?]()) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(Set(outcomes.compactMap { $0 }) == [LightningFailure(.refused, "invoice is already paid")])
    }

    @Test func `an expired invoice is not paid`() async throws {
        let node = try await DevNode.started(time: time.source)
        let invoice = try await node.invoice()
        time.advance(by: .seconds(60))
        await #expect(throws: LightningFailure(.refused, "invoice expired")) {
            _ = try await node.pay(invoice.bolt11, feeLimit: .zero)
        }
        #expect(try await !node.isSettled(invoice.paymentHash))
    }

    @Test func `an invoice of another node has no route`() async throws {
        let node = try await DevNode.started()
        let foreign = try await DevNode.started().invoice()
        await #expect(throws: LightningFailure(.refused, "no route")) {
            _ = try await node.pay(foreign.bolt11, feeLimit: .zero)
        }
    }

    @Test func `what is no invoice is not paid`() async throws {
        let node = try await DevNode.started()
        let failure = await #expect(throws: LightningFailure.self) {
            _ = try await node.pay("lnbcrt1", feeLimit: .zero)
        }
        #expect(failure?.reason == .refused)
    }

    // MARK: Behaviour

    @Test func `a node that is down answers nothing`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        node.behaviour = DevBehaviour(.down)
        let down = LightningFailure(.unavailable, "the development node was told to be down")
        await #expect(throws: down) { _ = try await node.invoice() }
        await #expect(throws: down) { _ = try await node.pay(invoice.bolt11, feeLimit: .zero) }
        await #expect(throws: down) { _ = try await node.isSettled(invoice.paymentHash) }
        node.behaviour = DevBehaviour(.normal)
        _ = try await node.pay(invoice.bolt11, feeLimit: .zero)
    }

    @Test func `a payment that never settles times out and leaves the invoice open`() async throws {
        let node = try await DevNode.started()
        node.behaviour = DevBehaviour(.neverSettling)
        let invoice = try await node.invoice()
        await #expect(throws: LightningFailure(.refused, "payment timed out")) {
            _ = try await node.pay(invoice.bolt11, feeLimit: .zero)
        }
        #expect(try await !node.isSettled(invoice.paymentHash))
    }

    @Test func `a slow node can be given up`() async throws {
        let node = try await DevNode.started()
        node.behaviour = DevBehaviour(.slow, delay: .seconds(600))
        let making = Task { try await node.invoice() }
        making.cancel()
        await #expect(throws: CancellationError.self) { _ = try await making.value }
    }

    // MARK: Conformance

    @Test(.timeLimit(.minutes(1)), arguments: LightningConformance.Check.allCases)
    func `it keeps the promises of a backend`(_ check: LightningConformance.Check) async throws {
        try await conformance(of: .started()).run(check)
    }

    @Test(.timeLimit(.minutes(1))) func `one node keeps all promises of a backend`() async throws {
        try await conformance(of: .started()).run()
    }

    private func conformance(of node: DevNode) -> LightningConformance {
        LightningConformance(
            of: node,
            foreignInvoice: { try await node.makeInvoice(for: $0, memo: "foreign", expiresIn: .seconds(60)).bolt11 },
            pay: { _ = try await node.pay($0.bolt11, feeLimit: .zero) }
        )
    }
}
