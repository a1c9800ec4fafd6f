package import GatewayKit

/// What Core Lightning's answers mean. They come from a node that is trusted with money and not with the program: whatever
/// stands in them, this does not trap.
package struct CoreLightningAnswers: Sendable {
    package init() {}

    /// No invoice was paid in time (`waitanyinvoice`, code 904).
    static let nothingInTime = 904

    private func message<Message: Decodable>(_ type: Message.Type, in answer: NodeAnswer) throws -> Message {
        if answer.isSuccess {
            if let message = answer.message(type, isSnakeCase: true) { return message }
            throw LightningFailure(.malformed, "Core Lightning answered \(answer.status), and not as it should")
        }
        throw failure(in: answer)
    }

    private func code(in answer: NodeAnswer) -> Int? {
        answer.isSuccess ? nil : answer.message(CoreLightningMessage.Failure.self, isSnakeCase: true)?.code
    }

    func failure(in answer: NodeAnswer) -> LightningFailure {
        guard let failure = answer.message(CoreLightningMessage.Failure.self, isSnakeCase: true) else {
            return LightningFailure(.unavailable, "clnrest answered \(answer.status), and not as Core Lightning does")
        }
        let text = LndRESTWallet.printable(failure.message)
        switch answer.status {
        case 401, 403: return LightningFailure(.refused, "the rune does not allow the call: \(text)")
        default: return LightningFailure(.refused, "Core Lightning answered: \(text)")
        }
    }

    private func hash(_ text: String) throws -> PaymentHash {
        guard let bytes = Bytes32(hex: text) else {
            throw LightningFailure(.malformed, "Core Lightning answered a payment hash that is none")
        }
        return PaymentHash(bytes)
    }

    // MARK: Invoices

    package func invoice(in answer: NodeAnswer, _ reader: InvoiceReader) throws -> Invoice {
        let made = try message(CoreLightningMessage.NewInvoice.self, in: answer)
        return try reader.invoice(made.bolt11, made: hash(made.paymentHash))
    }

    package func state(of payment: PaymentHash, in answer: NodeAnswer) throws -> InvoiceState {
        let invoices = try message(CoreLightningMessage.Invoices.self, in: answer).invoices
        guard let invoice = invoices.first else { return .open }
        guard invoices.count == 1, try hash(invoice.paymentHash) == payment else {
            throw LightningFailure(.malformed, "Core Lightning answered with invoices that it was not asked for")
        }
        return switch invoice.status {
        case "paid": .settled
        case "expired": .ended
        default: .open
        }
    }

    /// In the order in which payments arrived; `nil` for one that has not arrived, or is forgotten.
    func number(of payment: PaymentHash, in answer: NodeAnswer) throws -> UInt64? {
        let invoices = try message(CoreLightningMessage.Invoices.self, in: answer).invoices
        guard try invoices.allSatisfy({ try hash($0.paymentHash) == payment }) else {
            throw LightningFailure(.malformed, "Core Lightning answered with invoices that it was not asked for")
        }
        return invoices.first { $0.status == "paid" }?.payIndex
    }

    /// - Returns: `nil` where nothing was paid in time.
    package func settlement(after position: UInt64, in answer: NodeAnswer) throws -> Settlement? {
        if code(in: answer) == Self.nothingInTime { return nil }
        let invoice = try message(CoreLightningMessage.Invoice.self, in: answer)
        guard invoice.status == "paid", let index = invoice.payIndex, let amount = invoice.amountReceivedMsat,
            let paidAt = invoice.paidAt
        else {
            throw LightningFailure(.malformed, "Core Lightning answered with an invoice that is not paid")
        }
        guard index > position else {
            throw LightningFailure(.malformed, "Core Lightning answered with a payment from before \(position)")
        }
        return Settlement(
            payment: try hash(invoice.paymentHash),
            amount: amount.amount,
            settledAt: WallTime(seconds: Int64(clamping: paidAt)),
            cursor: SettlementCursor(position: index)
        )
    }

    // MARK: Payments

    /// - Returns: `nil` where the node says that it did not pay, or does not know that it did.
    package func paid(_ payment: PaymentHash, in answer: NodeAnswer) throws -> Payment? {
        guard answer.isSuccess else { return nil }
        let paid = try message(CoreLightningMessage.Paid.self, in: answer)
        return try made(payment, paid.paymentPreimage, paid.amountMsat.amount, sent: paid.amountSentMsat.amount)
    }

    package func payment(_ payment: PaymentHash, in answer: NodeAnswer) throws -> PaymentState {
        let pays = try message(CoreLightningMessage.Pays.self, in: answer).pays
        guard try pays.allSatisfy({ try hash($0.paymentHash) == payment }) else {
            throw LightningFailure(.malformed, "Core Lightning answered with payments that it was not asked for")
        }
        for pay in pays where pay.status == "complete" {
            guard let preimage = pay.preimage, let sent = pay.amountSentMsat?.amount else {
                throw LightningFailure(.malformed, "Core Lightning answered with a payment without its proof")
            }
            return .paid(try made(payment, preimage, pay.amountMsat?.amount ?? sent, sent: sent))
        }
        // A word that is not known is no promise that to pay again is safe.
        return pays.allSatisfy { $0.status == "failed" } ? .unpaid : .underWay
    }

    private func made(_ payment: PaymentHash, _ preimage: String, _ amount: Amount, sent: Amount) throws -> Payment {
        guard let bytes = Bytes32(hex: preimage), bytes.sha256 == payment.bytes else {
            throw LightningFailure(.malformed, "Core Lightning answered with a preimage that is not the payment's")
        }
        return Payment(preimage: Preimage(bytes), amount: amount, fee: sent.subtracting(amount) ?? .zero)
    }
}
