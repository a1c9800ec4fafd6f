import GatewayKit
import Stores
import Testing

struct InvoiceQueueTests {
    private func issued(_ number: UInt64) -> IssuedInvoice {
        IssuedInvoice(
            invoice: Invoice(
                bolt11: "",
                paymentHash: PaymentHash(Bytes32(number: number)),
                amount: .zero,
                expiresAt: WallTime(seconds: 0)
            ),
            service: "",
            route: "",
            issuedAt: WallTime(seconds: 0)
        )
    }

    private func queue(_ numbers: Range<UInt64>, capacity: Int = 100) -> InvoiceQueue {
        let queue = InvoiceQueue(capacity: capacity)
        for number in numbers {
            queue.append(issued(number))
        }
        return queue
    }

    @Test func `rows stay until they are removed`() {
        let queue = queue(0..<5)
        #expect(queue.first(3)?.rows == [issued(0), issued(1), issued(2)])
        #expect(queue.first(3)?.end == 3)
        queue.remove(before: 3)
        #expect(queue.first(3)?.rows == [issued(3), issued(4)])
        #expect(queue.first(3)?.end == 5)
        queue.remove(before: 5)
        #expect(queue.first(3) == nil)
    }

    @Test func `removing twice removes nothing more`() {
        let queue = queue(0..<5)
        queue.remove(before: 3)
        queue.remove(before: 3)
        #expect(queue.count == 2)
    }

    @Test func `a full queue drops its oldest row and says so once`() {
        let queue = queue(0..<3, capacity: 3)
        #expect(queue.append(issued(3)) == .firstDropped)
        #expect(queue.append(issued(4)) == .dropped)
        #expect(queue.first(10)?.rows == [issued(2), issued(3), issued(4)])
        #expect(queue.first(PaymentHash(Bytes32(number: 0))) == nil)
    }

    @Test func `it says so again after rows were written`() {
        let queue = queue(0..<4, capacity: 3)
        queue.remove(before: 2)
        #expect(queue.append(issued(4)) == .kept)
        #expect(queue.append(issued(5)) == .firstDropped)
    }

    @Test func `rows that were dropped while they were written are not removed again`() throws {
        let queue = queue(0..<3, capacity: 3)
        let batch = try #require(queue.first(2))
        queue.append(issued(3))
        queue.append(issued(4))
        queue.append(issued(5))
        queue.remove(before: batch.end)
        #expect(queue.first(10)?.rows == [issued(3), issued(4), issued(5)])
    }

    @Test func `a waiting row is found by its payment`() {
        #expect(queue(0..<5).first(PaymentHash(Bytes32(number: 3))) == issued(3))
        #expect(queue(0..<5).first(PaymentHash(Bytes32(number: 5))) == nil)
    }
}
