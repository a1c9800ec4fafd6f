import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers
import Testing

struct SettlementNewsTests {
    /// A node that says of no payment that it has arrived.
    private final class SilentNode: LightningBackend {
        private let asked = NIOLockedValueBox(0)
        var questionCount: Int { asked.withLockedValue { $0 } }

        func isSettled(_ payment: PaymentHash) async throws -> Bool {
            asked.withLockedValue { $0 += 1 }
            return false
        }
        func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
            throw LightningFailure(.refused, "this node makes no invoices")
        }
        func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
            AsyncThrowingStream { $0.finish() }
        }
        func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
            throw LightningFailure(.refused, "this node does not pay")
        }
        func payment(_ payment: PaymentHash) async throws -> PaymentState { .unpaid }
        func read(_ bolt11: String) throws -> PayableInvoice {
            throw LightningFailure(.refused, "this node does not read")
        }
    }

    private let news = SettlementNews()
    private let payment = PaymentHash(.random())

    @Test func `who waits for a payment goes on when it is noted`() async throws {
        let node = SilentNode()
        async let answer = news.isSettledSoon(payment, at: node)
        while news.waitingCount == 0 { await Task.yield() }
        news.note(payment)
        let isSettled = try await answer
        #expect(isSettled)
        #expect(news.waitingCount == 0)
    }

    @Test func `a payment that is known is asked of nobody`() async throws {
        let node = SilentNode()
        news.note(payment)
        let isSettled = try await news.isSettledSoon(payment, at: node)
        #expect(isSettled)
        #expect(node.questionCount == 0)
    }

    @Test func `a node that is down is no settlement, and nobody waits on`() async {
        await #expect(throws: LightningFailure.self) {
            try await news.isSettledSoon(payment, at: RefusingLightning())
        }
        #expect(news.waitingCount == 0)
        #expect(!news.knows(payment))
    }
}
