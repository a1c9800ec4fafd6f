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

    // MARK: Several who wait

    /// A node that answers once the test lets it.
    private final class PatientNode: ForwardingBackend {
        private struct State {
            var questions: [AsyncStream<Bool>.Continuation] = []
            var answer: Bool?
            var givenUp = 0
        }

        let base: any LightningBackend = RefusingLightning()
        private let state = NIOLockedValueBox(State())

        var questionCount: Int { state.withLockedValue { $0.questions.count } }
        var givenUpCount: Int { state.withLockedValue { $0.givenUp } }

        func answer(_ answer: Bool) {
            let questions = state.withLockedValue { state in
                state.answer = answer
                return state.questions
            }
            for question in questions { question.yield(answer) }
        }

        func isSettled(_ payment: PaymentHash) async throws -> Bool {
            let (answers, question) = AsyncStream<Bool>.makeStream()
            let answer = state.withLockedValue { state in
                state.questions.append(question)
                return state.answer
            }
            if let answer { return answer }
            for await answer in answers { return answer }
            state.withLockedValue { $0.givenUp += 1 }
            throw CancellationError()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `however many wait for a payment, the node is asked once at a time`() async throws {
        let node = PatientNode()
        let arrived = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 {
                group.addTask { [news, payment] in try await news.isSettledSoon(payment, at: node) }
            }
            while news.waitingCount(for: payment) < 100 || node.questionCount == 0 { await Task.yield() }
            node.answer(true)
            var arrived = [Bool]()
            for try await isSettled in group { arrived.append(isSettled) }
            return arrived
        }
        #expect(arrived == [Bool](repeating: true, count: 100))
        #expect(node.questionCount == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func `who leaves lets the others wait on`() async throws {
        let node = PatientNode()
        let first = Task { [news, payment] in try await news.isSettledSoon(payment, at: node) }
        while node.questionCount == 0 { await Task.yield() }
        async let second = news.isSettledSoon(payment, at: node)
        while news.waitingCount(for: payment) < 2 { await Task.yield() }
        first.cancel()
        await #expect(throws: (any Error).self) { _ = try await first.value }
        node.answer(true)
        let isSettled = try await second
        #expect(isSettled)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a question whose answer nobody waits for is given up`() async throws {
        let node = PatientNode()
        let waiting = Task { [news, payment] in try await news.isSettledSoon(payment, at: node) }
        while node.questionCount == 0 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: (any Error).self) { _ = try await waiting.value }
        while node.givenUpCount == 0 { await Task.yield() }
        #expect(news.waitingCount == 0)
    }

    @Test func `what somebody is shown is waited for until it is noted, or nobody is shown it any more`() {
        let other = PaymentHash(.random())
        for payment in [payment, payment, other] { news.expect(payment) }
        news.forgo(payment)
        #expect(news.waitingPayments == [payment, other])
        news.forgo(payment)
        #expect(news.waitingPayments == [other])
        news.note(other)
        news.forgo(other)
        #expect(news.waitingPayments == [])
    }
}
