import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import NIOEmbedded
import Standard
import Testing

struct PagePaymentStageTests {
    /// Takes every key.
    private struct OpenGate: PageGate {
        func payment(of key: PageKey) throws -> PaymentHash? { PaymentHash(.zero) }
        func cookie(for key: PageKey, at time: WallTime, isSecure: Bool) throws -> String? { "a=b" }
    }

    /// Knows of no invoice.
    private struct EmptyStore: ForwardingStore {
        let base: any Store = RefusingStore()
        func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? { nil }
    }

    @Test func `pages that claim ask the node no more often at once than they may`() async throws {
        let gate = Gate()
        let node = ExampleNode(gate: gate)
        let stage = PagePaymentStage(
            [OpenGate()],
            store: EmptyStore(),
            lightning: node,
            time: ManualTime().source,
            mostQuestions: 1
        )
        let loop = NIOAsyncTestingEventLoop()
        let first = try await loop.executeInContext {
            try stage.admit(.example(.example(.post), eventLoop: loop)).future(on: loop)
        }
        while node.questionCount == 0 { await Task.yield() }
        let second = try await answered { loop in try stage.admit(.example(.example(.post), eventLoop: loop)) }
        #expect(second.reply?.status.code == 402)
        #expect(node.questionCount == 1)
        gate.open()
        #expect(try await first.get().reply?.status.code == 402)
        _ = try await answered { loop in try stage.admit(.example(.example(.post), eventLoop: loop)) }
        #expect(node.questionCount == 2)
    }
}
