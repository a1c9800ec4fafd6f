import GatewayKit
import Lightning
import Testing

struct LndOrderTests {
    private func steps(of indices: [UInt64], from last: UInt64 = 0) -> [LndOrder.Step] {
        var order = LndOrder(last: last)
        return indices.map { order.step(to: $0) }
    }

    @Test func `what follows is the next one`() {
        #expect(steps(of: [1, 2, 3]) == [.next, .next, .next])
        #expect(steps(of: [8, 9], from: 7) == [.next, .next])
    }

    @Test func `what was told is known`() {
        #expect(steps(of: [1, 1, 2, 1]) == [.next, .known, .next, .known])
        #expect(steps(of: [7, 3], from: 7) == [.known, .known])
    }

    @Test func `what comes early leaves a gap until what is missing has come`() {
        #expect(steps(of: [1, 3, 2, 3]) == [.next, .gap, .next, .next])
    }

    @Test func `what is missing in two subscriptions does not exist any more`() {
        #expect(steps(of: [1, 3, 3, 4]) == [.next, .gap, .next, .next])
        #expect(steps(of: [1, 3, 3, 5, 5]) == [.next, .gap, .next, .gap, .next])
    }

    @Test func `where it is not known what was told, the first is the next one`() {
        var order = LndOrder.unknown
        #expect([7, 8, 10].map { order.step(to: $0) } == [.next, .next, .gap])
    }

    @Test func `the payment that was told last is remembered`() {
        let payments = [PaymentHash(.random()), PaymentHash(.random())]
        var order = LndOrder(last: 0)
        _ = order.step(to: 1, of: payments[0])
        _ = order.step(to: 3, of: payments[1])
        #expect(order.payment == payments[0])
    }

    @Test func `no index is too high`() {
        #expect(steps(of: [.max, .max, .max]) == [.gap, .next, .known])
    }
}
