package import GatewayKit

/// What phoenixd's answers mean. Whatever stands in them, this does not trap.
package struct PhoenixdAnswers: Sendable {
    package init() {}

    private func message<Message: Decodable>(_ type: Message.Type, in answer: NodeAnswer) throws -> Message {
        guard answer.isSuccess else { throw failure(in: answer) }
        guard let message = answer.message(type, isSnakeCase: false) else {
            throw LightningFailure(.malformed, "phoenixd answered \(answer.status), and not as it should")
        }
        return message
    }

    /// phoenixd's errors are texts.
    func failure(in answer: NodeAnswer) -> LightningFailure {
        switch answer.status {
        case 401: LightningFailure(.refused, "phoenixd does not take the password for this call")
        case 400..<500: LightningFailure(.refused, "phoenixd answered \(answer.status): \(answer.text)")
        default: LightningFailure(.unavailable, "phoenixd answered \(answer.status): \(answer.text)")
        }
    }

    private func hash(_ text: String) throws -> PaymentHash {
        guard let bytes = Bytes32(hex: text) else {
            throw LightningFailure(.malformed, "phoenixd answered a payment hash that is none")
        }
        return PaymentHash(bytes)
    }

    private func satoshis(_ count: UInt64) throws -> Amount {
        guard let amount = Amount.satoshis(count), amount <= .maximum else {
            throw LightningFailure(.malformed, "phoenixd answered with more bitcoin than exists")
        }
        return amount
    }

    // MARK: Invoices

    package func invoice(in answer: NodeAnswer, _ reader: InvoiceReader) throws -> Invoice {
        let made = try message(PhoenixdMessage.NewInvoice.self, in: answer)
        return try reader.invoice(made.serialized, made: hash(made.paymentHash))
    }

    package func state(of payment: PaymentHash, in answer: NodeAnswer) throws -> InvoiceState {
        if answer.status == 404 { return .open }
        let incoming = try message(PhoenixdMessage.Incoming.self, in: answer)
        guard try hash(incoming.paymentHash) == payment else {
            throw LightningFailure(.malformed, "phoenixd answered with a payment that it was not asked for")
        }
        if incoming.isPaid { return .settled }
        return incoming.isExpired ? .ended : .open
    }

    /// A page of what has arrived, newest first.
    package func arrived(in answer: NodeAnswer) throws -> [ArrivedPayment] {
        try message([PhoenixdMessage.Incoming].self, in: answer).map { incoming in
            guard incoming.isPaid, let completedAt = incoming.completedAt else {
                throw LightningFailure(.malformed, "phoenixd lists an open payment among those that have arrived")
            }
            return ArrivedPayment(
                payment: try hash(incoming.paymentHash),
                // What phoenixd has kept of it for a channel was paid as well.
                amount: try satoshis(max(incoming.receivedSat, incoming.requestedSat ?? 0)),
                tick: completedAt,
                arrivedAt: WallTime(milliseconds: Int64(clamping: completedAt))
            )
        }
    }

    /// True where it tells the preimage of an invoice that nobody has paid; `nil`: it lists none.
    package func tellsPreimagesOfOpenInvoices(in answer: NodeAnswer) -> Bool? {
        let listed = answer.isSuccess ? answer.message([PhoenixdMessage.Exposure].self, isSnakeCase: false) : nil
        let open = (listed ?? []).filter { !$0.isPaid }
        return open.isEmpty ? nil : open.contains { $0.preimage.flatMap { Bytes32(hex: $0) } != nil }
    }

    // MARK: Payments

    package func paid(_ payment: PaymentHash, _ amount: Amount, in answer: NodeAnswer) throws -> Payment {
        if answer.isSuccess, let sent = answer.message(PhoenixdMessage.Sent.self, isSnakeCase: false) {
            return try made(payment, sent.paymentPreimage, amount, fee: satoshis(sent.routingFeeSat))
        }
        let reason = try message(PhoenixdMessage.NotSent.self, in: answer).reason
        throw LightningFailure(.refused, "phoenixd could not pay: \(LndRESTWallet.printable(reason))")
    }

    package func payment(
        _ payment: PaymentHash,
        in answer: NodeAnswer,
        _ reader: InvoiceReader
    ) throws -> PaymentState {
        if answer.status == 404 { return .unpaid }
        let outgoing = try message(PhoenixdMessage.Outgoing.self, in: answer)
        guard let text = outgoing.paymentHash, try hash(text) == payment else {
            throw LightningFailure(.malformed, "phoenixd answered with a payment that it was not asked for")
        }
        guard outgoing.isPaid else { return outgoing.completedAt == nil ? .underWay : .unpaid }
        guard let preimage = outgoing.preimage else {
            throw LightningFailure(.malformed, "phoenixd answered with a payment without its proof")
        }
        // As the answer to the payment has it, in whole satoshis.
        let fee = try satoshis(outgoing.fees / 1_000)
        let sent = try satoshis(outgoing.sent)
        let asked = outgoing.invoice.flatMap { try? reader.read($0).amount }
        return .paid(try made(payment, preimage, asked ?? sent.subtracting(fee) ?? sent, fee: fee))
    }

    private func made(_ payment: PaymentHash, _ preimage: String, _ amount: Amount, fee: Amount) throws -> Payment {
        guard let bytes = Bytes32(hex: preimage), bytes.sha256 == payment.bytes else {
            throw LightningFailure(.malformed, "phoenixd answered with a preimage that is not the payment's")
        }
        return Payment(preimage: Preimage(bytes), amount: amount, fee: fee)
    }
}
