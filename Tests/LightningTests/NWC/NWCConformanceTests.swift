import GatewayKit
import GatewayTesting
import Lightning
import Testing

/// A backend's promises, kept with wallets of several kinds.
struct NWCConformanceTests {
    private func run(_ check: LightningConformance.Check, _ wallet: FakeWallet, relays: Int = 1) async throws {
        try await NWCExample.with(wallet, relays: relays) { backend, _ in
            // What it can is known once the wallet has said so.
            _ = try await backend.tenSatoshis()
            let conformance = LightningConformance(
                of: backend,
                foreignInvoice: { try wallet.foreignInvoice($0) },
                pay: { try await wallet.pay($0) }
            )
            try await conformance.run(check)
        }
    }

    @Test(arguments: LightningConformance.Check.allCases)
    func `a wallet of today`(_ check: LightningConformance.Check) async throws {
        try await run(check, try FakeWallet())
    }

    @Test(arguments: LightningConformance.Check.allCases)
    func `a wallet that knows only the old encryption`(_ check: LightningConformance.Check) async throws {
        try await run(check, try FakeWallet(ciphers: nil))
    }

    @Test(arguments: LightningConformance.Check.allCases)
    func `a wallet on two relays`(_ check: LightningConformance.Check) async throws {
        try await run(check, try FakeWallet(), relays: 2)
    }
}
