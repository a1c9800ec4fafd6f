import GatewayKit
import NIOConcurrencyHelpers

/// A node that pays, refuses, does not answer, answers late or has paid without saying so, as the dice fall.
final class UnreliableNode: LightningBackend {
    private struct State {
        var invoices = [String: PayableInvoice]()
        var paid = [PaymentHash: Payment]()
        /// Decided when somebody asks.
        var underWay = [PaymentHash: Amount]()
        var isReliable = false
    }

    let capabilities: LightningCapabilities = .refund
    private let dice: Dice
    private let state = NIOLockedValueBox(State())

    init(_ dice: Dice) {
        self.dice = dice
    }

    func becomeReliable() {
        state.withLockedValue { $0.isReliable = true }
    }

    /// An invoice of a client's, without an amount.
    func invoice(expiresAt: WallTime) -> String {
        let payment = PaymentHash(.random())
        let text = "lnbcrt1\(payment)"
        let invoice = PayableInvoice(payment: payment, amount: nil, expiresAt: expiresAt)
        state.withLockedValue { $0.invoices[text] = invoice }
        return text
    }

    func paid(_ payment: PaymentHash) -> Amount? {
        state.withLockedValue { $0.paid[payment]?.amount }
    }

    func read(_ bolt11: String) throws -> PayableInvoice {
        guard let invoice = state.withLockedValue({ $0.invoices[bolt11] }) else {
            throw LightningFailure(.refused, "no invoice")
        }
        return invoice
    }

    func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
        let invoice = try read(bolt11)
        guard let amount, amount > .zero else { throw LightningFailure(.refused, "no amount") }
        await Task.yield()
        return try state.withLockedValue { state in
            guard state.paid[invoice.payment] == nil, state.underWay[invoice.payment] == nil else {
                throw LightningFailure(.refused, "payment is in transition, or already paid")
            }
            let payment = Payment(preimage: Preimage(.zero), amount: amount, fee: feeLimit)
            guard !state.isReliable, dice.falls(60) else {
                state.paid[invoice.payment] = payment
                return payment
            }
            switch dice.number(in: 0..<4) {
            case 0: throw LightningFailure(.refused, "no route")
            case 1: throw LightningFailure(.unavailable, "no answer")
            case 2:
                state.paid[invoice.payment] = payment
                throw LightningFailure(.unavailable, "no answer to what was paid")
            default:
                state.underWay[invoice.payment] = amount
                throw LightningFailure(.unavailable, "no answer yet")
            }
        }
    }

    func payment(_ payment: PaymentHash) async throws -> PaymentState {
        try state.withLockedValue { state in
            if !state.isReliable, dice.falls(20) { throw LightningFailure(.unavailable, "no answer") }
            if let amount = state.underWay[payment] {
                guard state.isReliable || dice.falls(50) else { return .underWay }
                state.underWay[payment] = nil
                if dice.falls(50) {
                    state.paid[payment] = Payment(preimage: Preimage(.zero), amount: amount, fee: .zero)
                }
            }
            return state.paid[payment].map { .paid($0) } ?? .unpaid
        }
    }

    func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        throw LightningFailure(.refused, "no invoices")
    }
    func isSettled(_ payment: PaymentHash) async throws -> Bool { true }
    func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        AsyncThrowingStream { $0.finish() }
    }
}
