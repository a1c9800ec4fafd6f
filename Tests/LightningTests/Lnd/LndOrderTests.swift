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

    @Test func `no index is too high`() {
        #expect(steps(of: [.max, .max, .max]) == [.gap, .next, .known])
    }
}
