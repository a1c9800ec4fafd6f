import GatewayKit
import GatewayTesting
import Testing

/// In which order a node is asked for open invoices that tells of nothing by itself.
struct InvoiceLooksTests {
    private let time = ManualTime()
    private let life = Duration.seconds(600)
    private let budget = InvoiceBudget()

    @discardableResult
    private func open(_ count: Int) throws -> [PaymentHash] {
        try (0..<count).map { _ in
            let buyer = InvoiceBudget.Buyer(
                address: nil,
                service: "quotes",
                route: "daily",
                amount: Amount(millisatoshis: 10_000)
            )
            try #require(budget.admit(buyer, for: life, at: time.now) == .make)
            let invoice = Invoice(
                bolt11: "lnbcrt1",
                paymentHash: PaymentHash(.random()),
                amount: buyer.amount,
                expiresAt: time.now.advanced(by: life)
            )
            budget.end(buyer, with: invoice)
            return invoice.paymentHash
        }
    }

    private func look(_ most: Int, first waiting: Set<PaymentHash> = []) -> [PaymentHash] {
        budget.someOpen(most, first: waiting, at: time.now).map(\.paymentHash)
    }

    @Test func `where there are few, all are asked for each time`() throws {
        let payments = try open(8)
        for _ in 0..<3 { #expect(Set(look(8)) == Set(payments)) }
    }

    @Test func `no look asks for more than it may, nor twice for one`() throws {
        try open(100)
        for _ in 0..<30 {
            let payments = look(8)
            #expect(payments.count == 8)
            #expect(Set(payments).count == 8)
        }
    }

    @Test func `those come first for which somebody waits`() throws {
        let payments = try open(100)
        let waiting = Set(payments.prefix(3))
        for _ in 0..<3 { #expect(Set(look(8, first: waiting).prefix(3)) == waiting) }
    }

    @Test func `however many wait, half of a look is for the others, and each of the many has its turn`() throws {
        let payments = try open(100)
        let waiting = Set(payments.suffix(20))
        var asked = Set<PaymentHash>()
        for _ in 0..<10 {
            let payments = look(8, first: waiting)
            #expect(payments.prefix(4).allSatisfy { waiting.contains($0) })
            asked.formUnion(payments)
        }
        #expect(asked.isSuperset(of: waiting))
        #expect(!asked.subtracting(waiting).isEmpty)
    }

    @Test func `what is new is asked for at once, however many are open`() throws {
        try open(1_000)
        for _ in 0..<20 { _ = look(8) }
        let payments = try open(2)
        #expect(Set(look(8)).isSuperset(of: payments))
    }

    @Test func `what is old has its turn, however much comes`() throws {
        let old = try open(40)
        var asked = Set<PaymentHash>()
        for _ in 0..<200 {
            try open(10)
            asked.formUnion(look(8))
        }
        #expect(asked.isSuperset(of: old))
    }

    @Test func `what is closed is not asked for, and its place is not kept`() throws {
        let payments = try open(1_000)
        for payment in payments.dropLast() { budget.close(payment) }
        try open(1)
        #expect(Set(look(8)).isDisjoint(with: payments.dropLast()))
    }

    @Test func `what has expired is asked for once more`() throws {
        let payments = try open(1)
        _ = look(8)
        time.advance(by: life + .seconds(60))
        budget.sweep(at: time.now)
        #expect(look(8) == payments)
        #expect(look(8) == [])
    }
}
