import Foundation
import GatewayKit
import GatewayTesting
import Lightning
import Testing

/// Relays, wallet and gateway go away at random while the wallet is paid. `SLUICE_RESTARTS` says how often, for a longer run.
@Suite(.timeLimit(.minutes(5)))
struct NWCRestartTests {
    private static let restarts = ProcessInfo.processInfo.environment["SLUICE_RESTARTS"].flatMap { Int($0) } ?? 6

    @Test func `no settlement is lost and none is told twice, whoever restarts`() async throws {
        let wallet = try FakeWallet()
        let store = MemoryStore()
        let relays = [try await wallet.addRelay(), try await wallet.addRelay()]
        wallet.introduce()
        var backend = try await NWCExample.started(wallet, store: store)
        var cursor = try await backend.settlementsEnd()
        var (paid, told) = (Set<PaymentHash>(), [PaymentHash]())
        for _ in 0..<Self.restarts {
            for _ in 0..<Int.random(in: 1...4) {
                paid.insert(try await pay(wallet, backend))
            }
            switch Int.random(in: 0..<4) {
            case 0: relays[Int.random(in: 0..<2)].drop()
            case 1:
                for relay in relays {
                    try await relay.stop()
                }
                for relay in relays {
                    try await relay.start()
                }
            case 2:
                // Nobody hears of what is paid now.
                let invoice = try await invoice(backend)
                await backend.stop()
                try await wallet.pay(invoice)
                paid.insert(invoice.paymentHash)
                backend = try await NWCExample.started(wallet, store: store)
            default:
                await backend.stop()
                backend = try await NWCExample.started(wallet, store: store)
            }
            paid.insert(try await pay(wallet, backend))
            // A part of what there is, as of a gateway that ends in the middle.
            let count = Int.random(in: 1...(paid.count - told.count))
            for settlement in try await backend.settlements(count, since: cursor) {
                told.append(settlement.payment)
                cursor = settlement.cursor
            }
        }
        paid.insert(try await pay(wallet, backend))
        told += try await backend.settlements(paid.count - told.count, since: cursor).map(\.payment)
        #expect(told.count == paid.count)
        #expect(Set(told) == paid)
        await backend.stop()
        for relay in relays {
            try await relay.stop()
        }
    }

    /// Made once a relay is there again.
    private func invoice(_ backend: NWCBackend) async throws -> Invoice {
        var made: Invoice?
        try await NWCFailureTests.untilItWorks { made = try await backend.tenSatoshis() }
        return try #require(made)
    }

    private func pay(_ wallet: FakeWallet, _ backend: NWCBackend) async throws -> PaymentHash {
        let invoice = try await invoice(backend)
        try await wallet.pay(invoice)
        return invoice.paymentHash
    }
}
