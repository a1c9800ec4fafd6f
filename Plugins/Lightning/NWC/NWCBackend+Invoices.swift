package import GatewayKit

extension NWCBackend {
    /// Longer ones are asked for as this: what arrives while nobody listens is looked for among what was made so long before.
    static let longestExpiry = Duration.seconds(86_400)

    package func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        let parameters = try invoiceParameters(for: amount, memo: memo, expiresIn: expiresIn)
        return try invoice(in: try await ask(.makeInvoice, parameters))
    }

    package func read(_ bolt11: String) throws -> PayableInvoice { try reader.read(bolt11) }

    package func isSettled(_ payment: PaymentHash) async throws -> Bool {
        try await invoiceState(payment) == .settled
    }

    package func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        guard !received.knows(payment) else { return .settled }
        guard let transaction = try await transaction(payment), transaction.isIncoming else { return .open }
        return transaction.invoiceState
    }

    /// Whole satoshis: many wallets know nothing smaller, and round in their own way.
    private func invoiceParameters(
        for amount: Amount,
        memo: String,
        expiresIn: Duration
    ) throws -> [JSONValue.Member] {
        guard amount > .zero, let rounded = Amount.satoshis(amount.satoshisRoundedUp), rounded <= .maximum else {
            throw LightningFailure(.refused, "an invoice needs an amount above zero, and below all bitcoin there is")
        }
        guard expiresIn > .zero else {
            throw LightningFailure(.refused, "an invoice expires after more than nothing")
        }
        guard memo.utf8.count <= Bolt11Field.longestBytes else {
            throw LightningFailure(.refused, "a memo has at most \(Bolt11Field.longestBytes) bytes (BOLT 11)")
        }
        return [
            .init("amount", .number(Double(rounded.millisatoshis))), .init("description", .string(memo)),
            .init("expiry", .number(Double(min(expiresIn, Self.longestExpiry).secondsRoundedUp))),
        ]
    }

    private func invoice(in result: JSONValue) throws -> Invoice {
        guard let bolt11 = result["invoice"]?.text else {
            throw LightningFailure(.malformed, "the wallet answered without an invoice")
        }
        // Not said by all.
        let named = try result["payment_hash"]?.text.map { text in
            guard let hash = Bytes32(hex: text) else {
                throw LightningFailure(.malformed, "the wallet named a payment that is none")
            }
            return PaymentHash(hash)
        }
        guard let payment = named ?? (try? reader.read(bolt11))?.payment else {
            throw LightningFailure(.malformed, "the wallet answered with an invoice that cannot be read")
        }
        return try reader.invoice(bolt11, made: payment)
    }

    // MARK: Holding

    package func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        let parameters = try invoiceParameters(for: amount, memo: memo, expiresIn: expiresIn)
        do {
            return try invoice(
                in: try await wallet.ask(
                    .makeHoldInvoice,
                    parameters + [.init("payment_hash", .string(payment.description))],
                    within: timeout
                )
            )
        } catch let error as NWCError {
            guard !error.isCertain, try await transaction(payment) != nil else { throw error.failure }
            throw LightningFailure(.refused, "the wallet has an invoice for this payment already")
        }
    }

    package func settleInvoice(with preimage: Preimage) async throws {
        do {
            _ = try await wallet.ask(
                .settleHoldInvoice,
                [.init("preimage", .string(preimage.bytes.hex))],
                within: timeout
            )
        } catch let error as NWCError {
            switch try await invoiceState(PaymentHash(preimage.bytes.sha256)) {
            case .settled: return
            // Whatever the code: "refused" would say that it has gone back, and "unavailable" that the wallet sells nothing.
            case .held: throw LightningFailure(.malformed, "the payment is still held: \(error)")
            case .open, .ended: throw LightningFailure(.refused, "nothing is held for this preimage: \(error)")
            }
        }
    }

    package func cancelInvoice(_ payment: PaymentHash) async throws {
        do {
            _ = try await wallet.ask(
                .cancelHoldInvoice,
                [.init("payment_hash", .string(payment.description))],
                within: timeout
            )
        } catch let error as NWCError {
            guard let transaction = try await transaction(payment) else { return }
            switch transaction.invoiceState {
            case .ended: return
            case .settled: throw LightningFailure(.refused, "the invoice is settled")
            case .held: throw LightningFailure(.malformed, "the payment is still held: \(error)")
            case .open: throw error.failure
            }
        }
    }
}
