import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import NIOEmbedded
import Standard
import Testing

/// A node that does not answer, on an event loop whose clock stands still until the test moves it.
struct InvoicePatienceTests {
    private let loop = NIOAsyncTestingEventLoop()
    private let store = NotingStore()

    private func stage(_ node: ExampleNode, most: Int = 1) -> PriceStage {
        let maker = InvoiceMaker(
            lightning: node,
            store: store,
            time: ManualTime().source,
            budget: InvoiceBudget(InvoiceLimits(atOnce: most))
        )
        return PriceStage(StaticPricer(Amount(millisatoshis: 10_000)), invoices: maker)
    }

    private func answer(of stage: PriceStage) async throws -> EventLoopFuture<Decision> {
        try await loop.executeInContext {
            let exchange = Exchange.example(eventLoop: loop)
            exchange.schemes = [ExampleScheme()]
            return try stage.admit(exchange).future(on: loop)
        }
    }

    @Test func `a node that never answers is 503 with Retry-After after ten seconds`() async throws {
        let gate = Gate()
        let answer = try await answer(of: stage(ExampleNode(gate: gate)))
        await loop.advanceTime(by: .seconds(10))
        let reply = try #require(try await answer.get().reply)
        #expect(reply.status.code == 503)
        #expect(reply.fields.values(of: .retryAfter) == ["5"])
        #expect(!reply.fields.contains(.wwwAuthenticate))
        #expect(reply.problem?.detail == "payments cannot be taken right now; please try again later")
        gate.open()
    }

    @Test func `a node that answers just in time is waited for`() async throws {
        let gate = Gate()
        let answer = try await answer(of: stage(ExampleNode(gate: gate)))
        await loop.advanceTime(by: .milliseconds(9_999))
        gate.open()
        #expect(try await answer.get().reply?.status.code == 402)
        #expect(store.noted.count == 1)
    }

    @Test func `an invoice that nobody waits for counts until the node lets it go, and is not noted`() async throws {
        let gate = Gate()
        let budget = InvoiceBudget(InvoiceLimits(atOnce: 1))
        let maker = InvoiceMaker(
            lightning: ExampleNode(gate: gate),
            store: store,
            time: ManualTime().source,
            budget: budget
        )
        let other = InvoiceBudget.Buyer(
            address: nil,
            service: "quotes",
            route: "daily",
            amount: Amount(millisatoshis: 1)
        )
        let first = try await loop.executeInContext {
            maker.invoice(for: Amount(millisatoshis: 1), expiresIn: .seconds(60), in: .example(eventLoop: loop))
                .future(on: loop)
        }
        await loop.advanceTime(by: .seconds(10))
        let failure = await #expect(throws: LightningFailure.self) { try await first.get() }
        #expect(failure == LightningFailure(.unavailable, "no invoice in 10s"))
        #expect(budget.admit(other, for: .seconds(60), at: ManualTime().now) == .refuse(.busy))
        gate.open()
        while budget.admit(other, for: .seconds(60), at: ManualTime().now) != .make { await Task.yield() }
        #expect(store.noted.isEmpty)
    }
}
