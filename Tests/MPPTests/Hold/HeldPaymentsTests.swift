import GatewayKit
import GatewayTesting
import MPP
import Stores
import Testing

/// What becomes of payments that are held: by requests that take long, by processes that die, by a node that fails.
struct HeldPaymentsTests {
    private let time = ManualTime()
    private let store = MemoryStore()
    private let node: HoldingNode
    private let first: HoldingProcess
    private let other: HoldingProcess

    init() {
        node = HoldingNode(time: time)
        first = HoldingProcess(store, node, time)
        other = HoldingProcess(store, node, time)
    }

    private func kept() async throws -> Int { try await store.values(withPrefix: "mpp/hold/").count }

    /// Time passes for these, a round of each every ten seconds.
    private func pass(_ duration: Duration, in processes: [HoldingProcess]) async throws {
        var passed = Duration.zero
        while passed < duration {
            for process in processes { try await process.round() }
            time.advance(by: .seconds(10))
            passed += .seconds(10)
        }
        for process in processes { try await process.round() }
    }

    // MARK: Nobody comes

    @Test func `a payment that nobody comes for goes back after two minutes, and not sooner`() async throws {
        let payment = try await first.sell()
        try await pass(.seconds(110), in: [first, other])
        #expect(node.progress(of: payment) == .held)
        try await pass(.seconds(20), in: [first, other])
        #expect(node.progress(of: payment) == .ended)
        let kept = try await kept()
        #expect(kept == 0)
    }

    @Test func `an invoice that nobody pays is closed after its end, and hardly asked for`() async throws {
        let payment = try await first.sell(arrives: false)
        try await pass(.seconds(900), in: [other])
        #expect(node.progress(of: payment) == .ended)
        #expect(node.looks <= 17)
        let kept = try await kept()
        #expect(kept == 0)
    }

    @Test func `of an invoice that the node did not make nothing is kept`() async throws {
        node.fault = .down
        await #expect(throws: LightningFailure.self) { try await first.sell() }
        let kept = try await kept()
        #expect(kept == 0)
    }

    @Test func `all that a process has left goes back, however much it is`() async throws {
        var payments: [PaymentHash] = []
        for _ in 0..<1_000 { payments.append(try await first.sell()) }
        try await other.round()
        time.advance(by: .seconds(120))
        try await other.round()
        #expect(payments.allSatisfy { node.progress(of: $0) == .ended })
    }

    @Test func `what a process sold after another one began is found by that in parts`() async throws {
        try await other.round()
        let payment = try await first.sell()
        for _ in 0..<16 { await other.desk.readPart() }
        await other.desk.sweep()
        time.advance(by: .seconds(120))
        await other.desk.sweep()
        #expect(node.progress(of: payment) == .ended)
    }

    @Test func `a payment that cannot be asked for does not keep the others`() async throws {
        let unknown = try await first.sell()
        let payments = [try await first.sell(), try await first.sell()]
        node.unknown = [unknown]
        try await pass(.seconds(130), in: [other])
        #expect(payments.allSatisfy { node.progress(of: $0) == .ended })
        #expect(node.progress(of: unknown) == .held)
    }

    @Test func `a thousand that cannot be asked for do not keep the others either`() async throws {
        var unknown: Set<PaymentHash> = []
        for _ in 0..<1_000 { unknown.insert(try await first.sell()) }
        node.unknown = unknown
        let payment = try await first.sell()
        try await pass(.seconds(250), in: [other])
        #expect(node.progress(of: payment) == .ended)
    }

    // MARK: Long requests

    @Test func `a payment is held as long as its request goes on`() async throws {
        let payment = try await first.sell()
        let taken = try await first.serve(payment)
        try await pass(.seconds(3_600), in: [first, other])
        #expect(node.progress(of: payment) == .held)
        guard case .waiting = try await other.ledger.take(payment) else { throw ConformanceFailure("it is free") }
        try await first.desk.settle(taken)
        #expect(node.progress(of: payment) == .settled)
        let isServed = try await first.ledger.serve(taken)
        #expect(isServed)
    }

    @Test func `a payment of a request whose process has died goes back`() async throws {
        let payment = try await first.sell()
        _ = try await first.serve(payment)
        try await pass(.seconds(130), in: [other])
        #expect(node.progress(of: payment) == .ended)
    }

    @Test func `what went back is not taken by a process that was held for dead`() async throws {
        let payment = try await first.sell()
        let taken = try await first.serve(payment)
        try await pass(.seconds(130), in: [other])
        await #expect(throws: LightningFailure.self) { try await first.desk.settle(taken) }
        #expect(node.progress(of: payment) == .ended)
    }

    @Test func `a payment that another process is giving back is not taken`() async throws {
        let payment = try await first.sell()
        let taken = try await first.serve(payment)
        time.advance(by: ChargeLedger.patience)
        // It has taken it over, and has not told the node yet.
        _ = try await other.serve(payment)
        await #expect(throws: LightningFailure.self) { try await first.desk.settle(taken) }
        #expect(node.progress(of: payment) == .held)
    }

    @Test func `what was served is taken, and not given back`() async throws {
        let payment = try await first.sell()
        let isServed = try await first.ledger.serve(try await first.serve(payment))
        #expect(isServed)
        try await pass(.seconds(130), in: [other])
        #expect(node.progress(of: payment) == .settled)
    }

    // MARK: The node fails

    @Test func `what cannot be given back now goes back when the node answers`() async throws {
        let payment = try await first.sell()
        let taken = try await first.serve(payment)
        node.fault = .down
        await first.desk.givenBack(taken)
        #expect(node.progress(of: payment) == .held)
        node.fault = nil
        time.advance(by: .seconds(10))
        try await first.round()
        #expect(node.progress(of: payment) == .ended)
    }

    @Test func `a payment that cannot be taken while the node is down is free, and goes back later`() async throws {
        let payment = try await first.sell()
        let taken = try await first.serve(payment)
        node.fault = .down
        await #expect(throws: LightningFailure.self) { try await first.desk.settle(taken) }
        first.ledger.giveUp(taken)
        node.fault = nil
        try await pass(.seconds(110), in: [first])
        #expect(node.progress(of: payment) == .held)
        try await pass(.seconds(30), in: [first])
        #expect(node.progress(of: payment) == .ended)
    }

    @Test func `a payment that was taken without the node saying so is not given back`() async throws {
        let payment = try await first.sell()
        let taken = try await first.serve(payment)
        node.fault = .losesAnswers
        await #expect(throws: LightningFailure.self) { try await first.desk.settle(taken) }
        first.ledger.giveUp(taken)
        node.fault = nil
        try await pass(.seconds(180), in: [first, other])
        #expect(node.progress(of: payment) == .settled)
        let kept = try await kept()
        #expect(kept == 0)
    }

    @Test func `a payment that was taken by a process that then died may be presented again`() async throws {
        let payment = try await first.sell()
        try await first.desk.settle(try await first.serve(payment))
        try await pass(.seconds(180), in: [other])
        #expect(node.progress(of: payment) == .settled)
        _ = try await other.serve(payment)
    }

    @Test func `what settles a payment is kept while the node does not let it be cancelled`() async throws {
        let payment = try await first.sell()
        node.fault = .refusesToCancel
        try await pass(.seconds(130), in: [first])
        #expect(node.progress(of: payment) == .held)
        let kept = try await kept()
        #expect(kept == 1)
        try await first.desk.settle(try await first.serve(payment))
        #expect(node.progress(of: payment) == .settled)
    }
}
