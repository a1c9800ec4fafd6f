import Crypto
import GatewayKit
import NIOConcurrencyHelpers

/// A node of paper, whose invoices are settled by whoever calls `settle`. It shows what a backend promises and moves nothing.
final class PaperBackend: LightningBackend, Plugin {
    static let word = "paper"

    private struct State {
        var invoices: [PaymentHash: Invoice] = [:]
        var settlements: [Settlement] = []
        var followers: [Int: AsyncThrowingStream<Settlement, any Error>.Continuation] = [:]
        var lastFollower = 0
    }

    let capabilities: LightningCapabilities = .subscribe
    private let time: TimeSource
    private let state = NIOLockedValueBox(State())

    init(from settings: inout PolicyReader, _ services: Services) {
        time = services.time
    }

    func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        guard amount > .zero, amount <= .maximum else {
            throw LightningFailure(.refused, "an invoice for \(amount) cannot be made")
        }
        let hash = PaymentHash(Self.sha256(.random()))
        let expiresAt = time.now().advanced(by: expiresIn)
        let invoice = Invoice(
            bolt11: "lnpaper\(hash)\(amount.millisatoshis)t\(expiresAt.milliseconds)x",
            paymentHash: hash,
            amount: amount,
            expiresAt: expiresAt
        )
        state.withLockedValue { $0.invoices[hash] = invoice }
        return invoice
    }

    func isSettled(_ payment: PaymentHash) async throws -> Bool {
        state.withLockedValue { state in state.settlements.contains { $0.payment == payment } }
    }

    /// Those after the cursor first, then the ones to come; each once.
    func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        let (stream, continuation) = AsyncThrowingStream<Settlement, any Error>.makeStream()
        let follower = state.withLockedValue { state in
            if let cursor {
                for settlement in state.settlements where settlement.cursor.position > cursor.position {
                    continuation.yield(settlement)
                }
            }
            state.lastFollower += 1
            state.followers[state.lastFollower] = continuation
            return state.lastFollower
        }
        continuation.onTermination = { [state] _ in
            state.withLockedValue { $0.followers[follower] = nil }
        }
        return stream
    }

    /// As if somebody had paid.
    func settle(_ payment: PaymentHash) throws {
        try state.withLockedValue { state in
            guard let invoice = state.invoices[payment], invoice.expiresAt > time.now(),
                !state.settlements.contains(where: { $0.payment == payment })
            else { throw LightningFailure(.refused, "there is no open invoice for this payment") }
            let settlement = Settlement(
                payment: payment,
                amount: invoice.amount,
                settledAt: time.now(),
                cursor: SettlementCursor(position: UInt64(state.settlements.count) + 1)
            )
            state.settlements.append(settlement)
            for follower in state.followers.values { follower.yield(settlement) }
        }
    }

    /// Nobody takes paper.
    func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
        throw LightningFailure(.refused, "paper pays nobody")
    }

    func payment(_ payment: PaymentHash) async throws -> PaymentState { .unpaid }

    func read(_ bolt11: String) throws -> PayableInvoice {
        let invoice = state.withLockedValue { state in state.invoices.values.first { $0.bolt11 == bolt11 } }
        guard let invoice else { throw LightningFailure(.malformed, "this is no invoice of paper") }
        return PayableInvoice(payment: invoice.paymentHash, amount: invoice.amount, expiresAt: invoice.expiresAt)
    }

    private static func sha256(_ bytes: Bytes32) -> Bytes32 {
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return Bytes32(hash.finalize()) ?? .zero
    }
}
