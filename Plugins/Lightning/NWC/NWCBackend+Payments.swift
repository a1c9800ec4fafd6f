package import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

extension NWCBackend {
    /// For so long a wallet may take to begin what it was told in time.
    private static let doubt = TimeAmount.seconds(60)

    /// The wallet bounds its fee itself: NIP-47 has no word for a limit. One that it has passed is logged.
    package func pay(
        _ bolt11: String,
        amount: Amount?,
        feeLimit: Amount,
        patience: Duration
    ) async throws -> Payment {
        let invoice = try reader.invoice(bolt11)
        guard let paid = invoice.amount ?? amount, paid > .zero, amount == nil || amount == paid else {
            throw LightningFailure(.refused, "the amount should be the invoice's, or chosen where it has none")
        }
        guard capabilities.contains(.refund) else {
            throw LightningFailure(.refused, "the wallet's connection does not permit to pay and to look payments up")
        }
        let hash = invoice.paymentHash
        guard paying.withLockedValue({ $0.insert(hash).inserted }) else {
            throw LightningFailure(.refused, "the payment is under way")
        }
        defer { paying.withLockedValue { _ = $0.remove(hash) } }
        // A wallet need not see that it pays one invoice once.
        guard try await knownPayment(hash) == .unpaid else {
            throw LightningFailure(.refused, "the invoice is paid, or being paid")
        }
        guard !isUnclear(hash) else { throw LightningFailure(.unavailable, "the payment may be under way") }
        let payment: Payment
        do {
            payment = try await pay(invoice, paid, within: patience)
        } catch let failure as LightningFailure where failure.reason == .refused {
            throw failure
        } catch {
            let now = time.uptime()
            unclear.withLockedValue { $0.keep(true, for: hash, until: now + Self.doubt, at: now) }
            throw error
        }
        if payment.fee > feeLimit {
            logger.warning(
                "the wallet paid a higher fee than was allowed",
                metadata: ["fee": "\(payment.fee)", "limit": "\(feeLimit)", "payment": "\(hash)"]
            )
        }
        return payment
    }

    private func pay(_ invoice: Bolt11Invoice, _ amount: Amount, within patience: Duration) async throws -> Payment {
        var parameters: [JSONValue.Member] = [.init("invoice", .string(invoice.text))]
        if invoice.amount == nil { parameters.append(.init("amount", .number(Double(amount.millisatoshis)))) }
        let result: JSONValue
        do {
            result = try await wallet.ask(.payInvoice, parameters, within: patience)
        } catch let error as NWCError {
            return try await payment(invoice.paymentHash, after: error)
        }
        guard let preimage = result["preimage"]?.text.flatMap({ Bytes32(hex: $0) }),
            preimage.sha256 == invoice.paymentHash.bytes
        else {
            throw LightningFailure(.malformed, "the wallet answered with a preimage that is not the payment's")
        }
        let fee = Amount(millisatoshis: NWCText.count(result["fees_paid"]) ?? 0)
        return Payment(preimage: Preimage(preimage), amount: amount, fee: fee)
    }

    /// A no that may come from impatience does not say that nothing was paid: only what the wallet knows of the payment does.
    private func payment(_ payment: PaymentHash, after error: NWCError) async throws -> Payment {
        guard !error.isCertain else {
            throw LightningFailure(error.code == "RATE_LIMITED" ? .unavailable : .refused, "\(error)")
        }
        switch try await knownPayment(payment) {
        case .paid(let payment): return payment
        case .unpaid: throw LightningFailure(.refused, "\(error)")
        case .underWay: throw LightningFailure(.unavailable, "the payment is under way: \(error)")
        }
    }

    package func payment(_ payment: PaymentHash) async throws -> PaymentState {
        let state = try await knownPayment(payment)
        guard state == .unpaid, paying.withLockedValue({ $0.contains(payment) }) || isUnclear(payment) else {
            return state
        }
        return .underWay
    }

    /// It was told to pay and did not answer: that it does not know of it may mean that it is not that far yet.
    private func isUnclear(_ payment: PaymentHash) -> Bool {
        let now = time.uptime()
        return unclear.withLockedValue { $0.value(for: payment, at: now) } != nil
    }

    private func knownPayment(_ payment: PaymentHash) async throws -> PaymentState {
        do {
            guard let transaction = try await transaction(payment) else { return .unpaid }
            guard let state = transaction.paymentState else {
                throw LightningFailure(.malformed, "the wallet says that it paid, and knows no preimage")
            }
            return state
        } catch let failure as LightningFailure where failure.reason == .refused {
            // Nothing was refused but the question.
            throw LightningFailure(.unavailable, "what became of a payment is not known: \(failure)")
        }
    }
}
