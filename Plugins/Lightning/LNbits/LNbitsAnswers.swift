package import GatewayKit

/// What LNbits's answers mean. Whatever stands in them, this does not trap.
package struct LNbitsAnswers: Sendable {
    package init() {}

    private func message<Message: Decodable>(_ type: Message.Type, in answer: NodeAnswer) throws -> Message {
        guard answer.isSuccess else { throw failure(in: answer) }
        guard let message = answer.message(type, isSnakeCase: true) else {
            throw LightningFailure(.malformed, "LNbits answered \(answer.status), and not as it should")
        }
        return message
    }

    /// With status 520 LNbits says what its own node answered, and whether that is certain.
    func failure(in answer: NodeAnswer) -> LightningFailure {
        guard let failure = answer.message(LNbitsMessage.Failure.self, isSnakeCase: true) else {
            return LightningFailure(.unavailable, "LNbits answered \(answer.status), and not as it should")
        }
        let text = "LNbits answered \(answer.status): \(LndRESTWallet.printable(failure.detail))"
        let isCertain = answer.status < 500 || failure.status == "failed"
        return LightningFailure(isCertain ? .refused : .unavailable, text)
    }

    private func hash(_ text: String) throws -> PaymentHash {
        guard let bytes = Bytes32(hex: text) else {
            throw LightningFailure(.malformed, "LNbits answered a payment hash that is none")
        }
        return PaymentHash(bytes)
    }

    // MARK: Invoices

    package func invoice(in answer: NodeAnswer, _ reader: InvoiceReader) throws -> Invoice {
        let made = try message(LNbitsMessage.NewInvoice.self, in: answer)
        return try reader.invoice(made.bolt11, made: hash(made.paymentHash))
    }

    package func state(of payment: PaymentHash, in answer: NodeAnswer) throws -> InvoiceState {
        if answer.status == 404 { return try isUnknown(answer) }
        let found = try message(LNbitsMessage.Found.self, in: answer)
        // Without these the key is not that of the wallet, and anybody could have been asked.
        guard let details = found.details, try hash(details.paymentHash) == payment else {
            throw LightningFailure(.malformed, "LNbits answered with a payment that it was not asked for")
        }
        if found.paid, details.status == "success" { return .settled }
        return (found.status ?? details.status) == "failed" ? .ended : .open
    }

    /// A wallet that LNbits does not find is no invoice that it does not find.
    private func isUnknown(_ answer: NodeAnswer) throws -> InvoiceState {
        let failure = answer.message(LNbitsMessage.Failure.self, isSnakeCase: true)
        guard failure?.detail.contains("Payment") == true else { throw self.failure(in: answer) }
        return .open
    }

    /// A page of what has arrived, newest first.
    package func arrived(in answer: NodeAnswer) throws -> [ArrivedPayment] {
        try message([LNbitsMessage.Listed].self, in: answer).map { listed in
            guard listed.status == "success", listed.amount > 0,
                let time = listed.updatedAt.flatMap({ LNbitsTime(parsing: $0) })
            else {
                throw LightningFailure(.malformed, "LNbits lists a payment that has not arrived, or does not say when")
            }
            let amount = Amount(millisatoshis: UInt64(listed.amount))
            guard amount <= .maximum else {
                throw LightningFailure(.malformed, "LNbits answered with more bitcoin than exists")
            }
            return ArrivedPayment(
                payment: try hash(listed.paymentHash),
                amount: amount,
                tick: time.microseconds,
                arrivedAt: WallTime(milliseconds: Int64(clamping: time.microseconds / 1_000))
            )
        }
    }

    /// The newest payments of the wallet, whatever became of them.
    package func listed(in answer: NodeAnswer) throws -> [PaymentHash] {
        try message([LNbitsMessage.Listed].self, in: answer).filter { $0.amount > 0 }.map { try hash($0.paymentHash) }
    }

    /// True where a stranger was told a preimage.
    package func tellsPreimage(in answer: NodeAnswer) -> Bool {
        answer.message(LNbitsMessage.Exposure.self, isSnakeCase: true)?.preimage.flatMap { Bytes32(hex: $0) } != nil
    }

    /// True where the key that was asked with may spend.
    package func maySpend(in answer: NodeAnswer) throws -> Bool {
        try message(LNbitsMessage.Wallet.self, in: answer).id != nil
    }
}
