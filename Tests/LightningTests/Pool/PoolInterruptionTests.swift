import GatewayKit
import GatewayTesting
import Lightning
import NIOConcurrencyHelpers
import Testing

/// Nodes that are cancelled in something for a reason of their own: the pool goes on.
@Suite(.timeLimit(.minutes(1)))
struct PoolInterruptionTests {
    private let store = PoolStore()
    private let amount = Amount(millisatoshis: 10_000)

    /// A node that is cancelled the first time that it is followed, and each time that it is to make an invoice.
    private final class InterruptedNode: ForwardingBackend {
        let base: any LightningBackend
        private let wasFollowed = NIOLockedValueBox(false)

        init(_ base: any LightningBackend) {
            self.base = base
        }

        func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
            throw CancellationError()
        }

        func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
            let isFirst = wasFollowed.withLockedValue { wasFollowed in
                defer { wasFollowed = true }
                return !wasFollowed
            }
            guard isFirst else { return base.settlements(since: cursor) }
            return AsyncThrowingStream { $0.finish(throwing: CancellationError()) }
        }
    }

    private func pool(_ members: [PoolMember]) async throws -> LightningPool {
        let pool = LightningPool(
            members,
            choice: .order,
            pauses: Pauses(first: .milliseconds(1), longest: .milliseconds(1)),
            .example(store: store)
        )
        try await pool.start()
        return pool
    }

    @Test func `it is followed again`() async throws {
        let node = DevNode.example()
        let pool = try await pool([PoolMember("main", InterruptedNode(node))])
        let start = try await pool.settlementsEnd()
        let invoice = try await node.makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(60))
        _ = try await node.pay(invoice.bolt11, feeLimit: .zero)
        for try await settlement in pool.settlements(since: start) {
            #expect(settlement.payment == invoice.paymentHash)
            break
        }
    }

    @Test func `another one makes the invoice`() async throws {
        let pool = try await pool([
            PoolMember("main", InterruptedNode(DevNode.example())), PoolMember("spare", DevNode.example()),
        ])
        let invoice = try await pool.makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(60))
        #expect(invoice.node == "spare")
    }
}
