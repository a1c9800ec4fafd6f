import Foundation
import GatewayKit
import GatewayTesting
import NIOHTTP1
import Testing

struct RestartTests {
    /// `SLUICE_RESTARTS=200` for the long run.
    private static let restarts = ProcessInfo.processInfo.environment["SLUICE_RESTARTS"].flatMap { Int($0) } ?? 40

    private enum Blow: CaseIterable {
        case gateway, node, both
    }

    @Test(.timeLimit(.minutes(10)))
    func `killing the node, the gateway and both under load loses no payment and takes none twice`() async throws {
        let trial = try await RestartTrial()
        try await trial.begin()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !Task.isCancelled { try await trial.purchase() }
                }
            }
            for _ in 0..<Self.restarts {
                let before = trial.finishedCount
                while trial.finishedCount <= before + 2 { try await Task.sleep(for: .milliseconds(1)) }
                let blow = Blow.allCases.randomElement() ?? .both
                if blow != .gateway { trial.node.leave() }
                if blow != .node {
                    trial.kill()
                    try await trial.begin()
                }
                trial.node.comeBack()
            }
            group.cancelAll()
            // What they were doing ends with them.
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { Issue.record(error) }
            }
        }
        #expect(trial.lost == [])
        #expect(trial.servedTwice == [])
        // The books hear of each payment, once, however often who follows the node had to begin again.
        let settled = trial.node.settled
        var booked = try await trial.bookedSettlements()
        while booked.count < settled.count {
            try await Task.sleep(for: .milliseconds(1))
            booked = try await trial.bookedSettlements()
        }
        #expect(Set(booked.keys) == settled)
        #expect(booked.values.allSatisfy { $0 == 1 })
        await trial.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a gateway starts while its node is away: what is paid for is served, and offers say when to come back`()
        async throws
    {
        let trial = try await RestartTrial()
        try await trial.begin()
        let credential = try await trial.paid()
        trial.node.leave()
        trial.kill()
        try await trial.begin()
        let served = try await trial.request(credential)
        #expect(served?.status == 200)
        let unpaid = try await trial.request(nil)
        #expect(unpaid?.status == 503)
        #expect(unpaid?.headers["retry-after"] == ["5"])
        trial.node.comeBack()
        let offered = try await trial.request(nil)
        #expect(offered?.status == 402)
        await trial.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a node that tells nothing by itself is asked at a start for what was open before`() async throws {
        let trial = try await RestartTrial(of: [])
        try await trial.begin()
        let payment = try await trial.paid().payment
        trial.kill()
        try await trial.begin()
        var booked = try await trial.bookedSettlements()
        while booked.isEmpty {
            await Task.yield()
            booked = try await trial.bookedSettlements()
        }
        #expect(booked == [payment: 1])
        await trial.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a payment is found at the first start behind thousands of offers that nobody paid`() async throws {
        let trial = try await RestartTrial()
        let life = Duration.seconds(600)
        let amount = Amount(millisatoshis: 10_000)
        let paid = try await trial.node.makeInvoice(for: amount, memo: "tea", expiresIn: life)
        trial.offered(paid)
        _ = try trial.node.pay(paid.bolt11)
        for _ in 0..<2_000 {
            let expiresAt = trial.time.now.advanced(by: life)
            let payment = PaymentHash(.random())
            trial.offered(Invoice(bolt11: "lnbcrt1", paymentHash: payment, amount: amount, expiresAt: expiresAt))
        }
        try await trial.begin()
        var booked = try await trial.bookedSettlements()
        while booked.isEmpty {
            await Task.yield()
            booked = try await trial.bookedSettlements()
        }
        #expect(booked == [paid.paymentHash: 1])
        await trial.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a pool is followed although a node has left it whose invoices nobody has paid`() async throws {
        let trial = try await RestartTrial(members: ["main"])
        trial.offered(
            Invoice(
                bolt11: "lnbcrt1",
                paymentHash: PaymentHash(.random()),
                amount: Amount(millisatoshis: 10_000),
                expiresAt: trial.time.now.advanced(by: .seconds(600)),
                node: "gone"
            )
        )
        try await trial.begin()
        while trial.node.cursors.isEmpty { await Task.yield() }
        await trial.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a node is followed where the store keeps no books`() async throws {
        let trial = try await RestartTrial(keepsBooks: false)
        try await trial.begin()
        while trial.node.cursors.isEmpty { await Task.yield() }
        await trial.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `what a node is paid that was made anew is booked once, though it counts from the start`() async throws {
        let trial = try await RestartTrial()
        try await trial.begin()
        for _ in 0..<2 { try await trial.purchase() }
        while try await trial.bookedSettlements().count < 2 { await Task.yield() }
        trial.kill()
        trial.node.beginAnew()
        try await trial.begin()
        let payment = try await trial.paid().payment
        var booked = try await trial.bookedSettlements()
        while booked[payment] == nil {
            await Task.yield()
            booked = try await trial.bookedSettlements()
        }
        #expect(booked.values.allSatisfy { $0 == 1 })
        #expect(booked.count == 3)
        await trial.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `what is paid just before a node is heard that does not say where it stands is found with its first word`()
        async throws
    {
        let trial = try await RestartTrial(saysWhereItStands: false)
        let amount = Amount(millisatoshis: 10_000)
        let early = try await trial.node.makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(600))
        trial.offered(early)
        trial.node.payBeforeFollowing(early.bolt11)
        try await trial.begin()
        while trial.node.cursors.isEmpty { await Task.yield() }
        let late = try await trial.paid().payment
        var booked = try await trial.bookedSettlements()
        while booked.count < 2 {
            await Task.yield()
            booked = try await trial.bookedSettlements()
        }
        #expect(booked == [early.paymentHash: 1, late: 1])
        await trial.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a gateway asks a node for nothing that was paid before it followed it, at its first start and later`()
        async throws
    {
        let trial = try await RestartTrial(earlier: 1_000_000)
        try await trial.begin()
        while trial.node.cursors.isEmpty { await Task.yield() }
        try await trial.purchase()
        while try await trial.bookedSettlements().isEmpty { await Task.yield() }
        trial.kill()
        try await trial.begin()
        while trial.node.cursors.count < 2 { await Task.yield() }
        let positions = trial.node.cursors.compactMap { $0?.position }
        #expect(positions.allSatisfy { $0 >= 1_000_000 })
        #expect(positions.count == 2)
        await trial.end()
    }
}
