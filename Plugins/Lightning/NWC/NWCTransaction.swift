package import GatewayKit

/// An invoice or a payment, as a wallet tells of it (NIP-47, "lookup_invoice"). Nothing of it is checked against an invoice.
package struct NWCTransaction: Hashable, Sendable {
    package enum State: String, Sendable {
        case pending
        case accepted
        case settled
        case expired
        case failed
    }

    /// Not said by all, where only one can be meant.
    private let type: String?
    /// `nil`: the wallet is of a time before it said so.
    private let state: State?
    package let payment: PaymentHash
    package let invoice: String?
    package let amount: Amount
    package let fee: Amount
    /// Some wallets show it before anybody has paid: it proves nothing here.
    package let preimage: Preimage?
    package let createdAt: WallTime?
    package let settledAt: WallTime?

    package init(_ json: JSONValue) throws(NostrFailure) {
        guard let payment = json["payment_hash"]?.text.flatMap({ Bytes32(hex: $0) }) else {
            throw NostrFailure("a transaction of the wallet has no payment hash")
        }
        guard let amount = NWCText.count(json["amount"]) else {
            throw NostrFailure("a transaction of the wallet has no amount")
        }
        self.payment = PaymentHash(payment)
        self.amount = Amount(millisatoshis: amount)
        type = json["type"]?.text
        state = json["state"]?.text.flatMap { State(rawValue: $0.lowercased()) }
        invoice = json["invoice"]?.text
        fee = Amount(millisatoshis: NWCText.count(json["fees_paid"]) ?? 0)
        preimage = json["preimage"]?.text.flatMap { Bytes32(hex: $0) }.map(Preimage.init)
        createdAt = NWCText.time(json["created_at"])
        settledAt = NWCText.time(json["settled_at"])
    }

    /// False for a payment that the wallet has made.
    package var isIncoming: Bool { type != "outgoing" }

    /// Of what was settled, or, where that is not said, made before a time.
    package func isOlder(than time: WallTime) -> Bool {
        (settledAt ?? createdAt).map { $0 < time } ?? false
    }

    /// Where the wallet does not say: settled once it has been settled at some time.
    package var isSettled: Bool {
        state.map { $0 == .settled } ?? (settledAt != nil)
    }

    /// The wallet says that it is not settled.
    package var isUnsettled: Bool { state.map { $0 != .settled } ?? false }

    /// Of an invoice.
    package var invoiceState: InvoiceState {
        if isSettled { return .settled }
        switch state {
        case .accepted: return .held
        case .expired, .failed: return .ended
        case .pending, .settled, nil: return .open
        }
    }

    /// Of a payment that the wallet was told to make; `nil` where what the wallet says cannot be.
    package var paymentState: PaymentState? {
        if isSettled {
            guard let preimage, preimage.bytes.sha256 == payment.bytes else { return nil }
            return .paid(Payment(preimage: preimage, amount: amount, fee: type == "incoming" ? .zero : fee))
        }
        // An invoice of the wallet itself that nobody has paid.
        if type == "incoming" { return .unpaid }
        switch state {
        case .expired, .failed: return .unpaid
        case .pending, .accepted, .settled, nil: return .underWay
        }
    }
}
