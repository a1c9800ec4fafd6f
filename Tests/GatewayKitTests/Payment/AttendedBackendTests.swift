import GatewayKit
import GatewayTesting
import Logging
import NIOConcurrencyHelpers
import Testing

struct AttendedBackendTests {
    /// A node that answers as it is told, and counts how often it is asked.
    private final class MoodyNode: ForwardingBackend {
        enum Mood {
            case silent, away, refusing
        }

        let base: any LightningBackend = RefusingLightning()
        private let state = NIOLockedValueBox((mood: Mood.away, questions: 0, payments: 0))

        var mood: Mood {
            get { state.withLockedValue { $0.mood } }
            set { state.withLockedValue { $0.mood = newValue } }
        }
        var questionCount: Int { state.withLockedValue { $0.questions } }
        var paymentCount: Int { state.withLockedValue { $0.payments } }

        func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
            state.withLockedValue { $0.payments += 1 }
            throw LightningFailure(.unavailable, "away")
        }

        func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
            let mood = state.withLockedValue { state in
                state.questions += 1
                return state.mood
            }
            switch mood {
            // Until whoever asks stops waiting.
            case .silent: try await Task.sleep(for: .seconds(3_600))
            case .away: throw LightningFailure(.unavailable, "away")
            case .refusing: break
            }
            throw LightningFailure(.refused, "no")
        }
    }

    private let node = MoodyNode()
    private let time = ManualTime()

    private func attended() -> AttendedBackend {
        AttendedBackend(
            node,
            name: "the node",
            invoicePatience: .milliseconds(1),
            time: time.source,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func failure(of backend: AttendedBackend) async -> LightningFailure? {
        let failure = await #expect(throws: LightningFailure.self) {
            try await backend.makeInvoice(for: Amount(millisatoshis: 1_000), memo: "", expiresIn: .seconds(60))
        }
        return failure
    }

    @Test func `a node that says nothing is unavailable after a while`() async {
        node.mood = .silent
        let failure = await failure(of: attended())
        #expect(failure == LightningFailure(.unavailable, "no answer of the node in 1ms"))
    }

    @Test func `a node that is away is not asked after three failures, and again later`() async {
        let backend = attended()
        for _ in 0..<5 {
            let failure = await failure(of: backend)
            #expect(failure?.reason == .unavailable)
        }
        #expect(node.questionCount == 3)
        #expect(!backend.isAvailable)
        time.advance(by: .seconds(1))
        #expect(backend.isAvailable)
        _ = await failure(of: backend)
        #expect(node.questionCount == 4)
    }

    @Test func `payments that do not arrive do not say that the node is away`() async {
        let backend = attended()
        for _ in 0..<5 {
            await #expect(throws: LightningFailure.self) { try await backend.pay("lnbcrt1", feeLimit: .zero) }
        }
        #expect(backend.isAvailable)
    }

    @Test func `a payment, which may take long, does not find out whether a node is back`() async {
        let backend = attended()
        for _ in 0..<3 { _ = await failure(of: backend) }
        time.advance(by: .seconds(1))
        await #expect(throws: LightningFailure.self) { try await backend.pay("lnbcrt1", feeLimit: .zero) }
        #expect(node.paymentCount == 0)
        #expect(backend.isAvailable)
    }

    @Test func `a node that refuses is there`() async {
        node.mood = .refusing
        let backend = attended()
        for _ in 0..<5 {
            let failure = await failure(of: backend)
            #expect(failure?.reason == .refused)
        }
        #expect(node.questionCount == 5)
        #expect(backend.isAvailable)
    }
}
