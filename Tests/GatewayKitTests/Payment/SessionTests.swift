import GatewayKit
import Testing

/// What may become of a session, as a table of states.
struct SessionTests {
    private let start = WallTime(seconds: 1_767_225_600)
    private let later = WallTime(seconds: 1_767_225_660)

    private func sats(_ count: UInt64) -> Amount { Amount(millisatoshis: count * 1_000) }

    private func session(_ state: Session.State = .open, deposit: UInt64 = 100, spent: UInt64 = 30) -> Session {
        var session = Session(
            id: PaymentHash(.zero),
            service: "s",
            price: sats(10),
            deposit: sats(deposit),
            spent: sats(spent),
            returnInvoice: "lnbcrt1",
            returnPayment: PaymentHash(.zero),
            refundFee: RefundFee(base: sats(10), partsPerMillion: 10_000),
            secretHash: nil,
            idleTimeout: .seconds(60),
            openedAt: start
        )
        session.state = state
        session.refundDueAt = state == .closing ? start : nil
        return session
    }

    @Test(arguments: Session.State.allCases)
    func `only what is open is spent, topped up, given back to and ended`(state: Session.State) {
        let isOpen = state == .open
        for change in [
            { $0.take(sats(1), at: later) }, { $0.credit(sats(1), at: later) }, { $0.giveBack(sats(1)) },
            { $0.end(.client, at: later, retryAt: later) }, { $0.end(.timeout, at: later, retryAt: later) },
            { $0.end(.idle, at: later, retryAt: later) },
        ] as [(inout Session) -> Bool] {
            let before = session(state)
            var after = before
            #expect(change(&after) == isOpen)
            #expect((after != before) == isOpen)
        }
    }

    @Test(arguments: [
        (Session.State.open, false, false, false, false), (.closing, true, true, true, true),
        (.closed, false, false, false, false), (.givenUp, false, true, false, false),
    ])
    func `only what is closing is paid back, and what was given up once it has arrived`(
        state: Session.State,
        begins: Bool,
        isPaid: Bool,
        fails: Bool,
        isGivenUp: Bool
    ) {
        for (change, happens) in [
            ({ $0.beginRefund(at: start, retryAt: later) }, begins), ({ $0.endRefund(.paid(cost: sats(1))) }, isPaid),
            ({ $0.endRefund(.failed(retryAt: later)) }, fails), ({ $0.endRefund(.givenUp) }, isGivenUp),
        ] as [((inout Session) -> Bool, Bool)] {
            let before = session(state)
            var after = before
            #expect(change(&after) == happens)
            #expect((after != before) == happens)
            #expect(after.deposit == after.spent.adding(after.refunded)?.adding(after.balance))
        }
    }

    @Test func `no more is spent than was deposited, nor given back than was spent`() {
        var session = session()
        let before = session
        for amount in [sats(71), Amount(millisatoshis: 70_001), Amount(millisatoshis: .max)] {
            let isTaken = session.take(amount, at: later)
            #expect(!isTaken)
        }
        for amount in [sats(31), Amount(millisatoshis: .max)] {
            let isGivenBack = session.giveBack(amount)
            #expect(!isGivenBack)
        }
        let isCredited = session.credit(.maximum, at: later)
        #expect(!isCredited, "more than there is")
        #expect(session == before)
        let isTaken = session.take(sats(70), at: later)
        #expect(isTaken)
        #expect(session.rest == .zero)
    }

    @Test func `it is idle after its time, and a use never makes that earlier`() {
        var session = session()
        session.use(at: start.advanced(by: .seconds(-5)))
        #expect(session.idleAt == start.advanced(by: .seconds(60)))
        let isEarly = session.end(.idle, at: start.advanced(by: .milliseconds(59_999)), retryAt: later)
        #expect(!isEarly)
        let isDue = session.end(.idle, at: start.advanced(by: .seconds(60)), retryAt: later)
        #expect(isDue)
        #expect(session.state == .closing)
        #expect(session.balance == sats(70))
    }

    @Test func `nothing is left to be paid back of what is used up`() {
        var session = session(spent: 100)
        let ends = session.end(.client, at: later, retryAt: later)
        #expect(ends)
        #expect(session.state == .closed)
        #expect(session.refundDueAt == nil)
    }

    @Test(arguments: [(70, 10_700), (0, 10_000), (1_000_000, 10_010_000)] as [(UInt64, UInt64)])
    func `a refund costs a base and a share at the most`(amount: UInt64, limit: UInt64) {
        let fee = RefundFee(base: sats(10), partsPerMillion: 10_000)
        #expect(fee.limit(for: sats(amount)) == Amount(millisatoshis: limit))
    }

    @Test func `the cost of refunding everything there is does not overflow`() {
        let fee = RefundFee(base: .maximum, partsPerMillion: .max)
        #expect(fee.limit(for: Amount(millisatoshis: .max)) == .maximum)
        #expect(RefundFee(base: .zero, partsPerMillion: -5).limit(for: sats(10)) == .zero)
    }
}
