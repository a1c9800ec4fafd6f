import Crypto
import GatewayKit
import GatewayTesting
import Lightning
import Testing

struct LightningPoolTests {
    private let store = PoolStore()
    private let amount = Amount(millisatoshis: 10_000)

    /// A node that asks for more than it is told to.
    private struct GreedyNode: ForwardingBackend {
        let base: any LightningBackend

        func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
            try await base.makeInvoice(for: Amount.satoshis(1_000) ?? amount, memo: memo, expiresIn: expiresIn)
        }
    }

    private func pool(
        _ members: [PoolMember],
        choice: LightningPool.Choice = .order,
        time: TimeSource = .system
    ) async throws -> LightningPool {
        let pool = LightningPool(members, choice: choice, .example(time: time, store: store))
        try await pool.start()
        return pool
    }

    private func invoice(of backend: any LightningBackend) async throws -> Invoice {
        try await backend.makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(60))
    }

    // MARK: Choosing

    @Test func `the first node that can makes the invoice`() async throws {
        let (main, spare) = (DevNode.example(), DevNode.example())
        let pool = try await pool([PoolMember("main", main), PoolMember("spare", spare)])
        #expect(try await invoice(of: pool).node == "main")
        main.behaviour = DevBehaviour(.down)
        #expect(try await invoice(of: pool).node == "spare")
        main.behaviour = DevBehaviour(.normal)
        #expect(try await invoice(of: pool).node == "main")
    }

    @Test func `with every node away there is no invoice`() async throws {
        let node = DevNode.example()
        let pool = try await pool([PoolMember("main", node)])
        node.behaviour = DevBehaviour(.down)
        let failure = await #expect(throws: LightningFailure.self) { try await invoice(of: pool) }
        #expect(failure?.reason == .unavailable)
    }

    @Test func `a wrong invoice is nobody's, and the next node is asked`() async throws {
        let pool = try await pool([
            PoolMember("greedy", GreedyNode(base: DevNode.example())), PoolMember("spare", DevNode.example()),
        ])
        #expect(try await invoice(of: pool).node == "spare")
    }

    @Test func `wrong invoices of its nodes are counted with all others`() async throws {
        let services = Services.example(store: store)
        let pool = LightningPool(
            [PoolMember("greedy", GreedyNode(base: DevNode.example()))],
            choice: .order,
            services
        )
        try await pool.start()
        await #expect(throws: LightningFailure.self) { try await invoice(of: pool) }
        let wrong = services.invoiceCheck.faults.filter { $0.count > 0 }.map { $0.fault }
        #expect(wrong == [InvoiceFault.amount])
    }

    @Test func `by weight, a heavy node is chosen more often`() async throws {
        let pool = try await pool(
            [PoolMember("light", DevNode.example()), PoolMember("heavy", DevNode.example(), weight: 1_000)],
            choice: .weight
        )
        var heavy = 0
        for _ in 0..<20 {
            let invoice = try await invoice(of: pool)
            heavy += invoice.node == "heavy" ? 1 : 0
        }
        #expect(heavy > 10)
    }

    @Test func `a node that is for named routes alone sells where it is named`() async throws {
        let pool = try await pool([
            PoolMember("tenant", DevNode.example(), isNamedOnly: true), PoolMember("main", DevNode.example()),
        ])
        #expect(try await invoice(of: pool).node == "main")
        let tenant = try #require(pool.members(["tenant"]))
        #expect(try await invoice(of: tenant).node == "tenant")
        #expect(pool.members(["nobody"]) == nil)
    }

    @Test func `a route that names a node does not fall back on others`() async throws {
        let node = DevNode.example()
        let pool = try await pool([PoolMember("tenant", node), PoolMember("main", DevNode.example())])
        node.behaviour = DevBehaviour(.down)
        let tenant = try #require(pool.members(["tenant"]))
        await #expect(throws: LightningFailure.self) { try await invoice(of: tenant) }
    }

    @Test func `a node that has taken what it may on a day makes no more invoices until the next`() async throws {
        let time = ManualTime()
        let node = DevNode.example(time: time.source)
        let pool = try await pool(
            [PoolMember("main", node, dailyLimit: amount), PoolMember("spare", DevNode.example(time: time.source))],
            time: time.source
        )
        let start = try await pool.settlementsEnd()
        let paid = try await invoice(of: pool)
        _ = try await node.pay(paid.bolt11, feeLimit: .zero)
        for try await settlement in pool.settlements(since: start) {
            #expect(settlement.payment == paid.paymentHash)
            break
        }
        #expect(try await invoice(of: pool).node == "spare")
        time.advance(by: .seconds(86_400))
        #expect(try await invoice(of: pool).node == "main")
    }

    @Test func `what a node has taken on a day is known to the next process`() async throws {
        let time = ManualTime()
        let node = DevNode.example(time: time.source)
        let members = [
            PoolMember("main", node, dailyLimit: amount), PoolMember("spare", DevNode.example(time: time.source)),
        ]
        let before = try await pool(members, time: time.source)
        let start = try await before.settlementsEnd()
        for _ in 0..<2 {
            let paid = try await invoice(of: node)
            _ = try await node.pay(paid.bolt11, feeLimit: .zero)
        }
        var told = 0
        for try await _ in before.settlements(since: start) {
            // Coming back for the second one says that the first was read.
            told += 1
            if told == 2 { break }
        }
        let after = try await pool(members, time: time.source)
        #expect(try await invoice(of: after).node == "spare")
        time.advance(by: .seconds(86_400))
        #expect(try await invoice(of: after).node == "main")
    }

    /// A node that tells of no payments by itself.
    private struct SilentNode: ForwardingBackend {
        let base: any LightningBackend

        var capabilities: LightningCapabilities { [] }
    }

    @Test func `a node with a daily limit sells nothing where nothing counts for it`() async throws {
        let pool = try await pool([
            PoolMember("main", DevNode.example(), dailyLimit: amount),
            PoolMember("spare", SilentNode(base: DevNode.example())),
        ])
        #expect(try await invoice(of: pool).node == "spare")
        let findings = await pool.findings()
        #expect(findings.contains { $0.contains("'daily-limit'") })
    }

    @Test func `a node that is away is named, while another one sells`() async throws {
        let (main, spare) = (DevNode.example(), DevNode.example())
        let pool = try await pool([PoolMember("main", main), PoolMember("spare", spare)])
        try await pool.probe()
        spare.behaviour = DevBehaviour(.down)
        let failure = await #expect(throws: LightningFailure.self) { try await pool.probe() }
        #expect(failure?.description.hasPrefix("spare: ") == true)
    }

    // MARK: Payments

    @Test func `a payment is asked of the node that made its invoice, by another process too`() async throws {
        let (main, spare) = (DevNode.example(), DevNode.example())
        let members = [PoolMember("main", main), PoolMember("spare", spare)]
        let before = try await pool(members)
        let invoice = try await invoice(of: before)
        store.note(invoice)
        _ = try await main.pay(invoice.bolt11, feeLimit: .zero)
        // Who asked this one would learn nothing.
        spare.behaviour = DevBehaviour(.down)
        let after = LightningPool(members, choice: .order, .example(store: store))
        let isSettled = try await after.isSettled(invoice.paymentHash)
        #expect(isSettled)
    }

    @Test func `a payment whose node does not answer is not taken for unpaid`() async throws {
        let node = DevNode.example()
        let pool = try await pool([PoolMember("main", node), PoolMember("spare", DevNode.example())])
        let invoice = try await invoice(of: pool)
        node.behaviour = DevBehaviour(.down)
        await #expect(throws: LightningFailure.self) { try await pool.isSettled(invoice.paymentHash) }
        await #expect(throws: LightningFailure.self) { try await pool.isSettled(PaymentHash(.random())) }
    }

    /// A payment that a node holds, whose invoice the process that asked for it had no time to write down.
    private func held(by node: DevNode) async throws -> (preimage: Preimage, payment: PaymentHash) {
        let preimage = Preimage(.random())
        let payment = PaymentHash(Bytes32(SHA256.hash(data: preimage.bytes.array)) ?? .zero)
        try await node.start()
        let invoice = try await node.makeHoldInvoice(
            for: amount,
            payment: payment,
            memo: "tea",
            expiresIn: .seconds(60)
        )
        Task { _ = try await node.pay(invoice.bolt11, feeLimit: .zero) }
        while try await node.invoiceState(payment) != .held { await Task.yield() }
        return (preimage, payment)
    }

    @Test func `a held payment is found where nobody has written down which node holds it`() async throws {
        let spare = DevNode.example()
        let (preimage, payment) = try await held(by: spare)
        let pool = try await pool([PoolMember("main", DevNode.example()), PoolMember("spare", spare)])
        try await pool.settleInvoice(with: preimage)
        let state = try await spare.invoiceState(payment)
        #expect(state == .settled)
    }

    @Test func `a held payment goes back where nobody has written down which node holds it`() async throws {
        let spare = DevNode.example()
        let (_, payment) = try await held(by: spare)
        let pool = try await pool([PoolMember("main", DevNode.example()), PoolMember("spare", spare)])
        try await pool.cancelInvoice(payment)
        let state = try await spare.invoiceState(payment)
        #expect(state == .ended)
    }

    @Test func `one node alone is told to pay an invoice, however often`() async throws {
        let (main, spare) = (DevNode.example(), DevNode.example())
        let pool = try await pool([PoolMember("main", main), PoolMember("spare", spare)])
        let own = try await invoice(of: spare)
        // The first node finds no way to it, and the second, which would, is not asked.
        for _ in 0..<2 {
            await #expect(throws: LightningFailure.self) { try await pool.pay(own.bolt11, feeLimit: .zero) }
        }
        let state = try await pool.payment(own.paymentHash)
        #expect(state == .unpaid)
    }

    @Test func `what a node has paid before it was in the pool is not paid again`() async throws {
        let (main, spare) = (DevNode.example(), DevNode.example())
        try await spare.start()
        let invoice = try await invoice(of: spare)
        _ = try await spare.pay(invoice.bolt11, feeLimit: .zero)
        let pool = try await pool([PoolMember("main", main), PoolMember("spare", spare)])
        let state = try await pool.payment(invoice.paymentHash)
        guard case .paid = state else {
            Issue.record("the pool says \(state)")
            return
        }
        spare.behaviour = DevBehaviour(.down)
        await #expect(throws: LightningFailure.self) { try await pool.payment(PaymentHash(.random())) }
    }

    // MARK: Settlements

    @Test func `from the beginning, all nodes tell everything, and nothing of that is kept`() async throws {
        let (main, spare) = (DevNode.example(), DevNode.example())
        let pool = try await pool([PoolMember("main", main), PoolMember("spare", spare)])
        var payments = Set<PaymentHash>()
        for node in [main, spare] {
            let invoice = try await invoice(of: node)
            _ = try await node.pay(invoice.bolt11, feeLimit: .zero)
            payments.insert(invoice.paymentHash)
        }
        var told = Set<PaymentHash>()
        for try await settlement in pool.settlements(since: SettlementCursor(position: 0)) {
            told.insert(settlement.payment)
            if told.count == payments.count { break }
        }
        #expect(told == payments)
        let kept = try await store.values(withPrefix: "pool/node/")
        #expect(kept.isEmpty)
    }

    @Test func `another process goes on behind what was read`() async throws {
        let node = DevNode.example()
        let before = try await pool([PoolMember("main", node)])
        let start = try await before.settlementsEnd()
        var payments = [PaymentHash]()
        for _ in 0..<3 {
            let invoice = try await invoice(of: before)
            _ = try await node.pay(invoice.bolt11, feeLimit: .zero)
            payments.append(invoice.paymentHash)
        }
        var cursor = start
        for try await settlement in before.settlements(since: start) {
            // Coming back for the second one says that the first was read.
            guard settlement.payment == payments[0] else { break }
            cursor = settlement.cursor
        }
        let after = try await pool([PoolMember("main", node)])
        for try await settlement in after.settlements(since: cursor) {
            #expect(settlement.payment == payments[1])
            break
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: LightningConformance.Check.allCases)
    func `a pool keeps the promises of a backend`(_ check: LightningConformance.Check) async throws {
        let nodes = [DevNode.example(), DevNode.example()]
        let pool = try await pool([PoolMember("main", nodes[0]), PoolMember("spare", nodes[1])])
        try await LightningConformance(
            of: pool,
            foreignInvoice: { amount in
                try await nodes[0].makeInvoice(for: amount, memo: "foreign", expiresIn: .seconds(60)).bolt11
            },
            pay: { invoice in
                let payee = try Bolt11Invoice(decoding: invoice.bolt11).payee
                let node = try nodes[0].id == payee ? nodes[0] : nodes[1]
                _ = try await node.pay(invoice.bolt11, feeLimit: .zero)
            }
        ).run(check)
    }
}
