import GatewayKit
import GatewayTesting
import Lightning
import NIOConcurrencyHelpers
import Testing

/// A node of a pool that was made anew, and counts its settlements from the start again.
@Suite(.timeLimit(.minutes(1)))
struct PoolRenewalTests {
    /// A node that tells what the test has it told of, and then ends its stream.
    private final class ToldNode: ForwardingBackend {
        private struct State {
            var settlements: [Settlement] = []
            var isAnew = false
        }

        let base: any LightningBackend = DevNode.example()
        private let state = NIOLockedValueBox(State())

        func begin(with settlement: Settlement, isAnew: Bool) {
            state.withLockedValue { $0 = State(settlements: [settlement], isAnew: isAnew) }
        }

        func settlementsEnd() async throws -> SettlementCursor { SettlementCursor(position: 0) }

        func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
            let position = cursor?.position ?? 0
            let later = state.withLockedValue { $0.settlements.filter { $0.cursor.position > position } }
            return AsyncThrowingStream { continuation in
                for settlement in later { continuation.yield(settlement) }
                continuation.finish()
            }
        }

        func settlements(
            behind cursor: SettlementCursor,
            of payment: PaymentHash
        ) -> AsyncThrowingStream<Settlement, any Error> {
            let isAnew = state.withLockedValue { $0.isAnew }
            guard !isAnew else { return AsyncThrowingStream { $0.finish(throwing: SettlementsBeganAnew()) } }
            return settlements(since: cursor)
        }
    }

    private let price = Amount(millisatoshis: 10_000)

    private func settlement(_ position: UInt64) -> Settlement {
        Settlement(
            payment: PaymentHash(.random()),
            amount: price,
            settledAt: TimeSource.system.now(),
            cursor: SettlementCursor(position: position)
        )
    }

    /// A pool whose node has told of a payment, and then why its stream ends.
    private func renewed(_ node: ToldNode, limit: UInt64) async throws -> LightningPool {
        let member = PoolMember("main", node, dailyLimit: Amount(millisatoshis: limit))
        let pool = LightningPool(
            [member],
            choice: .order,
            pauses: Pauses(first: .milliseconds(1)),
            .example(store: PoolStore())
        )
        try await pool.start()
        node.begin(with: settlement(7), isAnew: false)
        let end = try await pool.settlementsEnd()
        let anew = await #expect(throws: SettlementsBeganAnew.self) {
            for try await _ in pool.settlements(since: end) {
                node.begin(with: settlement(1), isAnew: true)
            }
        }
        #expect(anew == SettlementsBeganAnew(node: "main"))
        return pool
    }

    @Test func `who follows the pool is told which node it is, and hears what that is paid`() async throws {
        let node = ToldNode()
        let pool = try await renewed(node, limit: 1_000_000)
        var settlements = pool.settlements(since: try await pool.settlementsEnd()).makeAsyncIterator()
        let next = try await settlements.next()
        #expect(next?.amount == price)
    }

    @Test func `what it is paid counts for its day, whatever numbers it gives`() async throws {
        let node = ToldNode()
        let pool = try await renewed(node, limit: 20_000)
        _ = try await pool.makeInvoice(for: price, memo: "tea", expiresIn: .seconds(60))
        var settlements = pool.settlements(since: try await pool.settlementsEnd()).makeAsyncIterator()
        _ = try await settlements.next()
        await #expect(throws: LightningFailure.self) {
            _ = try await pool.makeInvoice(for: price, memo: "tea", expiresIn: .seconds(60))
        }
    }

    /// A node that does not say where it stands.
    private struct UnsureNode: ForwardingBackend {
        let base: any LightningBackend = DevNode.example()

        func settlementsEnd() async throws -> SettlementCursor { SettlementCursor.next }
    }

    @Test func `a process begins anew with a node that did not say where it stood`() async throws {
        let store = PoolStore()
        let member = PoolMember("main", UnsureNode())
        let first = LightningPool([member], choice: .order, .example(store: store))
        try await first.start()
        let end = try await first.settlementsEnd()
        let next = LightningPool([member], choice: .order, .example(store: store))
        try await next.start()
        let anew = await #expect(throws: SettlementsBeganAnew.self) {
            for try await _ in next.settlements(since: end) {}
        }
        #expect(anew == SettlementsBeganAnew(node: "main"))
    }
}
