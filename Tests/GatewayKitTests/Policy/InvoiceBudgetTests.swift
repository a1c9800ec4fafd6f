import GatewayKit
import GatewayTesting
import Testing

struct InvoiceBudgetTests {
    private let time = ManualTime()
    private let life = Duration.seconds(3_600)

    private func buyer(
        _ address: String? = "192.0.2.1",
        route: String = "daily",
        sat: UInt64 = 10,
        schemes: [String] = ["l402"],
        mayShare: Bool = true
    ) -> InvoiceBudget.Buyer {
        InvoiceBudget.Buyer(
            address: address.flatMap { IPAddress($0) },
            service: "quotes",
            route: route,
            amount: Amount(millisatoshis: sat * 1_000),
            schemes: schemes,
            mayShare: mayShare
        )
    }

    private func admit(_ buyer: InvoiceBudget.Buyer, to budget: InvoiceBudget) -> InvoiceBudget.Admission {
        budget.admit(buyer, for: life, at: time.now)
    }

    /// An invoice that is open from now on.
    @discardableResult
    private func open(_ buyer: InvoiceBudget.Buyer, in budget: InvoiceBudget) throws -> Invoice {
        try #require(admit(buyer, to: budget) == .make)
        let invoice = Invoice(
            bolt11: "lnbcrt1",
            paymentHash: PaymentHash(.random()),
            amount: buyer.amount,
            expiresAt: time.now.advanced(by: life)
        )
        budget.end(buyer, with: invoice)
        return invoice
    }

    @Test func `a client is given its own open invoice again once it has as many as it may`() throws {
        let budget = InvoiceBudget(InvoiceLimits(perClient: 2))
        let invoices = [try open(buyer(), in: budget), try open(buyer(), in: budget)]
        guard case .reuse(let again) = admit(buyer(), to: budget) else {
            Issue.record("it was not given again")
            return
        }
        #expect(invoices.contains(again))
        #expect(budget.openCount == 2)
    }

    @Test(arguments: [
        ("192.0.2.2", "daily", UInt64(10)), ("192.0.2.1", "weekly", 10), ("192.0.2.1", "daily", 11),
    ])
    func `an invoice is not given again to another client, nor for another route or price`(
        address: String,
        route: String,
        sat: UInt64
    ) throws {
        let budget = InvoiceBudget(InvoiceLimits(perClient: 1))
        try open(buyer(), in: budget)
        let admission = admit(buyer(address, route: route, sat: sat), to: budget)
        #expect(admission == (address == "192.0.2.1" ? .refuse(.client) : .make))
    }

    @Test func `an invoice that was offered by one scheme is not offered by another`() throws {
        let budget = InvoiceBudget(InvoiceLimits(perClient: 1))
        try open(buyer(), in: budget)
        #expect(admit(buyer(schemes: ["mpp"]), to: budget) == .refuse(.client))
        #expect(admit(buyer(schemes: ["l402", "mpp"]), to: budget) == .refuse(.client))
    }

    @Test func `addresses of one block are one client, and are not given each other's invoices`() throws {
        let budget = InvoiceBudget(InvoiceLimits(perClient: 1))
        try open(buyer("2001:db8::1"), in: budget)
        #expect(admit(buyer("2001:db8::2"), to: budget) == .refuse(.client))
        #expect(admit(buyer("2001:db8:0:1::1"), to: budget) == .make)
    }

    @Test func `what may not be shared is neither given again nor kept for others`() throws {
        let budget = InvoiceBudget(InvoiceLimits(perClient: 1))
        try open(buyer(mayShare: false), in: budget)
        #expect(admit(buyer(mayShare: false), to: budget) == .refuse(.client))
        #expect(admit(buyer(), to: budget) == .refuse(.client))
    }

    @Test func `an invoice that was paid or cancelled makes room and is given to nobody`() throws {
        let budget = InvoiceBudget(InvoiceLimits(perClient: 1))
        let paid = try open(buyer(), in: budget)
        budget.close(paid.paymentHash)
        #expect(budget.openCount == 0)
        #expect(admit(buyer(), to: budget) == .make)
    }

    @Test func `an invoice that expires makes room and is counted for its service`() throws {
        let budget = InvoiceBudget(InvoiceLimits(open: 1))
        try open(buyer(), in: budget)
        #expect(admit(buyer("192.0.2.9"), to: budget) == .refuse(.full))
        time.advance(by: life + .seconds(8))
        #expect(admit(buyer("192.0.2.9"), to: budget) == .make)
        #expect(budget.tally.all["quotes"]?.expired == 1)
    }

    @Test func `an invoice is asked for a while beyond its end, and then no more`() throws {
        let budget = InvoiceBudget()
        let invoice = try open(buyer(), in: budget)
        time.advance(by: life + .seconds(60))
        #expect(budget.someOpen(10, at: time.now) == [invoice])
        time.advance(by: .seconds(90))
        #expect(budget.someOpen(10, at: time.now) == [])
    }

    @Test func `an invoice whose payment was presented is asked for once more, and counts no more`() throws {
        let budget = InvoiceBudget()
        let invoice = try open(buyer(), in: budget)
        #expect(budget.someOpen(10, at: time.now) == [invoice])
        budget.take(invoice.paymentHash)
        #expect(budget.openCount == 0)
        #expect(budget.someOpen(10, at: time.now) == [invoice])
        #expect(budget.someOpen(10, at: time.now) == [])
    }

    @Test func `an invoice that ends soon is not given again`() throws {
        let budget = InvoiceBudget(InvoiceLimits(perClient: 1))
        try open(buyer(), in: budget)
        time.advance(by: .seconds(2_701))
        #expect(admit(buyer(), to: budget) == .refuse(.client))
    }

    @Test func `invoices that are being made count for their client, and no more where that failed`() throws {
        let budget = InvoiceBudget(InvoiceLimits(perClient: 1))
        #expect(admit(buyer(), to: budget) == .make)
        #expect(admit(buyer(), to: budget) == .refuse(.client))
        budget.end(buyer(), with: nil)
        #expect(admit(buyer(), to: budget) == .make)
    }

    @Test func `clients without an address are bounded all together`() throws {
        let budget = InvoiceBudget(InvoiceLimits(open: 3, perClient: 1))
        for _ in 0..<3 { try open(buyer(nil), in: budget) }
        #expect(admit(buyer(nil), to: budget) == .refuse(.full))
    }

    @Test func `a refusal is news once a minute, and each kind by itself`() {
        let budget = InvoiceBudget()
        #expect(budget.isNews(.full, at: time.now))
        #expect(!budget.isNews(.full, at: time.now))
        #expect(budget.isNews(.busy, at: time.now))
        time.advance(by: .seconds(60))
        #expect(budget.isNews(.full, at: time.now))
    }

    @Test(arguments: [("2001:db8:7", "2001:db8:8::1"), ("192.0.2", "198.51.100.1")])
    func `one network leaves room for others, however many clients it has`(network: String, other: String) throws {
        let budget = InvoiceBudget(InvoiceLimits(open: 40, perClient: 2))
        for number in 0..<5 {
            let address = network.contains(":") ? "\(network):\(number)::1" : "\(network).\(number)"
            for _ in 0..<2 { try open(buyer(address), in: budget) }
        }
        let late = network.contains(":") ? "\(network):99::1" : "\(network).99"
        #expect(admit(buyer(late), to: budget) == .refuse(.client))
        #expect(admit(buyer(other), to: budget) == .make)
        #expect(budget.refusals == [.client: 1])
    }

    @Test func `100,000 unpaid requests of one address leave as many invoices as it may have`() {
        let budget = InvoiceBudget(InvoiceLimits(perClient: 500))
        var made = 0
        for number in 0..<100_000 {
            let buyer = buyer(sat: 1 + UInt64(number % 1_000))
            guard case .make = admit(buyer, to: budget) else { continue }
            made += 1
            budget.end(
                buyer,
                with: Invoice(
                    bolt11: "lnbcrt\(number)",
                    paymentHash: PaymentHash(.random()),
                    amount: buyer.amount,
                    expiresAt: time.now.advanced(by: life)
                )
            )
        }
        #expect(made == 500)
        #expect(budget.openCount == 500)
    }
}
