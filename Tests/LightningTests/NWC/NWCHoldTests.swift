import GatewayKit
import GatewayTesting
import Lightning
import Testing

/// Held payments: what the wallet still holds is neither taken nor gone back, whatever it answers.
struct NWCHoldTests {
    /// Has a wallet hold a payment, and answer this to what is then asked of it.
    private func failure(
        of method: String,
        answering code: String,
        _ body: (NWCBackend, Preimage) async throws -> Void
    ) async throws -> LightningFailure {
        let wallet = try FakeWallet()
        let preimage = Preimage(.random())
        let payment = FakeWallet.hash(of: preimage)
        return try await NWCExample.with(wallet) { backend, _ in
            let invoice = try await backend.makeHoldInvoice(
                for: Amount(millisatoshis: 10_000),
                payment: payment,
                memo: "tea",
                expiresIn: .seconds(600)
            )
            let paying = Task { try await wallet.pay(invoice) }
            while try await backend.invoiceState(payment) != .held {
                await Task.yield()
            }
            wallet.behaviour.errors = [method: code]
            let failure = try await backend.failure { try await body($0, preimage) }
            wallet.behaviour.errors = [:]
            try await backend.cancelInvoice(payment)
            _ = await paying.result
            return failure
        }
    }

    @Test(arguments: ["RESTRICTED", "INTERNAL", "something new"])
    func `a payment that the wallet does not settle and still holds has not gone back`(_ code: String) async throws {
        let failure = try await failure(of: "settle_hold_invoice", answering: code) { backend, preimage in
            try await backend.settleInvoice(with: preimage)
        }
        #expect(failure.reason == .malformed)
    }

    @Test(arguments: ["RESTRICTED", "INTERNAL", "something new"])
    func `a payment that the wallet does not cancel and still holds is not settled`(_ code: String) async throws {
        let failure = try await failure(of: "cancel_hold_invoice", answering: code) { backend, preimage in
            try await backend.cancelInvoice(FakeWallet.hash(of: preimage))
        }
        #expect(failure.reason == .malformed)
    }
}
