import Crypto
import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers

/// A node that makes invoices whose payments are held, and lets a test say how far they are and what goes wrong.
final class HoldingNode: ForwardingBackend {
    enum Fault {
        /// Nothing is done, and nothing answered.
        case down
        /// What it is told to do it does, and its answer is lost.
        case losesAnswers
        /// It does not let invoices be cancelled.
        case refusesToCancel
    }

    private struct State {
        var invoices: [PaymentHash: (invoice: Invoice, state: InvoiceState)] = [:]
        var fault: Fault?
        var unknown: Set<PaymentHash> = []
        var looks = 0
    }

    let base: any LightningBackend = RefusingLightning()
    let capabilities: LightningCapabilities = .hold
    private let time: ManualTime
    private let state = NIOLockedValueBox(State())

    init(time: ManualTime) {
        self.time = time
    }

    var fault: Fault? {
        get { state.withLockedValue { $0.fault } }
        set { state.withLockedValue { $0.fault = newValue } }
    }

    /// Payments about which nothing can be asked.
    var unknown: Set<PaymentHash> {
        get { state.withLockedValue { $0.unknown } }
        set { state.withLockedValue { $0.unknown = newValue } }
    }

    /// How often it was asked how far a payment is.
    var looks: Int { state.withLockedValue { $0.looks } }

    func arrive(_ payment: PaymentHash) { state.withLockedValue { $0.invoices[payment]?.state = .held } }

    /// How far a payment is, whatever is wrong with the node.
    func progress(of payment: PaymentHash) -> InvoiceState? { state.withLockedValue { $0.invoices[payment]?.state } }

    private static let silence = LightningFailure(.unavailable, "this node does not answer")

    private func change(_ body: (inout State) throws -> Void) throws {
        try state.withLockedValue { state in
            if state.fault == .down { throw Self.silence }
            try body(&state)
            if state.fault == .losesAnswers { throw Self.silence }
        }
    }

    func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        let invoice = Invoice(
            bolt11: "lnbcrt1\(payment)",
            paymentHash: payment,
            amount: amount,
            expiresAt: time.now.advanced(by: expiresIn)
        )
        try change { $0.invoices[payment] = (invoice, .open) }
        return invoice
    }

    func isSettled(_ payment: PaymentHash) async throws -> Bool { try await invoiceState(payment) == .settled }

    func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        try state.withLockedValue { state in
            state.looks += 1
            if state.fault == .down { throw Self.silence }
            guard !state.unknown.contains(payment) else { throw Self.silence }
            return state.invoices[payment]?.state ?? .open
        }
    }

    func settleInvoice(with preimage: Preimage) async throws {
        let payment = PaymentHash(Bytes32(SHA256.hash(data: preimage.bytes.array)) ?? .zero)
        try change { state in
            switch state.invoices[payment]?.state {
            case .held: state.invoices[payment]?.state = .settled
            case .settled: break
            case .open, .ended, nil: throw LightningFailure(.refused, "nothing is held")
            }
        }
    }

    func cancelInvoice(_ payment: PaymentHash) async throws {
        try change { state in
            if state.fault == .refusesToCancel { throw LightningFailure(.refused, "permission denied") }
            guard state.invoices[payment]?.state != .settled else { throw LightningFailure(.refused, "it is settled") }
            state.invoices[payment]?.state = .ended
        }
    }

    func read(_ bolt11: String) throws -> PayableInvoice {
        let found = state.withLockedValue { state in
            state.invoices.values.first { $0.invoice.bolt11 == bolt11 }?.invoice
        }
        guard let invoice = found else { throw LightningFailure(.refused, "this node never made it") }
        return PayableInvoice(payment: invoice.paymentHash, amount: invoice.amount, expiresAt: invoice.expiresAt)
    }
}
