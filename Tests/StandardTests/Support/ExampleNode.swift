import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers

/// A node that makes invoices as it is told, by a clock that stands still, and remembers what it was asked for.
final class ExampleNode: LightningBackend {
    struct Request: Equatable {
        let amount: Amount
        let memo: String
        let expiresIn: Duration
    }

    private let made = NIOLockedValueBox<[Request]>([])
    private let invoices = NIOLockedValueBox<[String: Invoice]>([:])
    private let asked = NIOLockedValueBox(0)
    private let amount: @Sendable (Amount) throws -> Amount
    private let gate: Gate?

    /// - Parameters:
    ///   - gate: what every answer waits for.
    ///   - amount: what is asked -> what the invoice says.
    init(gate: Gate? = nil, amount: @escaping @Sendable (Amount) throws -> Amount = { $0 }) {
        self.gate = gate
        self.amount = amount
    }

    var requests: [Request] { made.withLockedValue { $0 } }
    /// How often it was asked for a payment.
    var questionCount: Int { asked.withLockedValue { $0 } }

    func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        let number = made.withLockedValue { requests in
            requests.append(Request(amount: amount, memo: memo, expiresIn: expiresIn))
            return requests.count
        }
        await gate?.pass()
        var hash = Bytes32.zero
        hash.withUnsafeMutableBytes { $0.storeBytes(of: UInt64(number - 1), as: UInt64.self) }
        let invoice = Invoice(
            bolt11: "lnbcrt\(number)",
            paymentHash: PaymentHash(hash),
            amount: try self.amount(amount),
            expiresAt: ManualTime().now.advanced(by: expiresIn)
        )
        invoices.withLockedValue { $0[invoice.bolt11] = invoice }
        return invoice
    }

    func isSettled(_ payment: PaymentHash) async throws -> Bool {
        asked.withLockedValue { $0 += 1 }
        await gate?.pass()
        return false
    }
    func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        AsyncThrowingStream { $0.finish() }
    }
    func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
        throw LightningFailure(.refused, "this node does not pay")
    }
    func payment(_ payment: PaymentHash) async throws -> PaymentState { .unpaid }
    func read(_ bolt11: String) throws -> PayableInvoice {
        guard let invoice = invoices.withLockedValue({ $0[bolt11] }) else {
            throw LightningFailure(.refused, "this node never made it")
        }
        return PayableInvoice(payment: invoice.paymentHash, amount: invoice.amount, expiresAt: invoice.expiresAt)
    }
}

/// Holds back whoever comes until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = NIOLockedValueBox(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLockedValue { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLockedValue { state in
            state.isOpen = true
            return state.waiting
        }
        for continuation in waiting {
            continuation.resume()
        }
    }
}
