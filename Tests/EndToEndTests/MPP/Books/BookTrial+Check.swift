import GatewayKit
import GatewayTesting
import MPP
import NIOConcurrencyHelpers
import Stores
import Testing

extension BookTrial {
    /// Everything that must hold whenever nobody does anything.
    ///
    /// - Parameter isOver: nothing is to be paid back any more.
    func check(_ life: Life, isOver: Bool) async throws {
        let (deposits, delivered, uncertain, credited) = state.withLockedValue {
            ($0.deposits, $0.delivered, $0.uncertain, $0.credited)
        }
        var (deposited, spent, refunded, balance) = (Amount.zero, Amount.zero, Amount.zero, Amount.zero)
        var taken: UInt64 = 0
        for paid in deposits {
            let isTaken = try await life.disk.purpose(of: paid.payment) != nil
            if isTaken { taken += 1 }
            // A session whose payment counts for nothing would stay, and so it is looked for once, at the end.
            guard isTaken || isOver, let session = try await life.disk.sessions.session(paid.payment) else {
                #expect(delivered[paid.payment] == nil)
                continue
            }
            #expect(session.spent <= session.deposit)
            let least = delivered[session.id] ?? 0
            #expect(session.spent >= Self.amount(Self.price, least))
            #expect(session.spent <= Self.amount(Self.price, least + (uncertain[session.id] ?? 0)))
            #expect(session.deposit >= Self.amount(deposit, 1 + (credited[session.id]?.count ?? 0)))
            let back = node.paid(session.returnPayment)
            switch session.state {
            case .open: #expect(back == nil)
            case .closing, .givenUp:
                #expect(back == nil || back == session.rest)
                #expect(!isOver || session.state == .givenUp && back == nil)
            case .closed: #expect(back == (session.rest > .zero ? session.rest : nil))
            }
            deposited = try #require(deposited.adding(session.deposit))
            spent = try #require(spent.adding(session.spent))
            refunded = try #require(refunded.adding(session.refunded))
            balance = try #require(balance.adding(session.balance))
        }
        #expect(deposited == spent.adding(refunded)?.adding(balance))
        #expect(deposited == Self.amount(deposit, Int(taken)), "each payment counts once")
        let delivery = Self.amount(Self.price, delivered.values.reduce(0, +))
        #expect(spent >= delivery)
    }

    private static func amount(_ amount: Amount, _ count: Int) -> Amount {
        Amount(millisatoshis: amount.millisatoshis * UInt64(count))
    }

    /// Lets time pass and the node answer, until nothing is left to be paid back.
    func end(in life: Life) async throws {
        node.becomeReliable()
        for _ in 0..<400 {
            time.advance(by: .seconds(3_600))
            await life.book.sweep()
            await life.book.quiesce()
            let left = try await life.disk.sessions.due(at: time.now.advanced(by: .seconds(30 * 86_400)), limit: .max)
            if left.isEmpty { return }
        }
        Issue.record("refunds are due that nobody pays")
    }
}
