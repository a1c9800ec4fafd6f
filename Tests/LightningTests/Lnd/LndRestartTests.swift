import Foundation
import GatewayKit
import GatewayTesting
import Lightning
import LightningTesting
import Testing

/// Node and gateway go away at random while they are paid. `SLUICE_RESTARTS` says how often, for a longer run.
@Suite(.timeLimit(.minutes(5)))
struct LndRestartTests {
    private static let restarts =
        ProcessInfo.processInfo.environment["SLUICE_RESTARTS"].flatMap { Int($0) } ?? 6

    @Test func `no settlement is lost and none is told twice, whoever restarts`() async throws {
        let fake = try FakeLnd()
        try await fake.start()
        var lnd = try Lnd(fake.settings(), .example())
        try await lnd.start()
        var (paid, told) = ([PaymentHash](), [PaymentHash]())
        var cursor = SettlementCursor(position: 0)
        for _ in 0..<Self.restarts {
            for _ in 0..<Int.random(in: 1...4) { paid.append(try await pay(fake, lnd)) }
            switch Int.random(in: 0..<3) {
            case 0: try await fake.restart()
            case 1: lnd = try await restarted(lnd, fake)
            default:
                await fake.stop()
                lnd = try await restarted(lnd, fake)
                try await fake.start()
            }
            paid.append(try await pay(fake, lnd))
            // A part of what there is, as of a gateway that ends in the middle.
            let count = Int.random(in: 1...(paid.count - told.count))
            for settlement in try await Lnd.next(count, of: lnd.settlements(since: cursor)) {
                told.append(settlement.payment)
                cursor = settlement.cursor
            }
        }
        paid.append(try await pay(fake, lnd))
        let rest = try await Lnd.next(paid.count - told.count, of: lnd.settlements(since: cursor))
        told += rest.map(\.payment)
        #expect(told == paid)
        await lnd.stop()
        await fake.stop()
    }

    private func restarted(_ lnd: Lnd, _ fake: FakeLnd) async throws -> Lnd {
        await lnd.stop()
        let next = try Lnd(fake.settings(), .example())
        try await next.start()
        return next
    }

    /// An invoice is made once the node is there.
    private func pay(_ fake: FakeLnd, _ lnd: Lnd) async throws -> PaymentHash {
        while true {
            if let invoice = try? await lnd.invoice() {
                try await fake.pay(invoice.bolt11)
                return invoice.paymentHash
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
