package import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers

extension NWCBackend {
    /// For so long after its time a wallet may begin what it was told: its clock is another one, by a minute at the most, and
    /// the order is written down a little before it goes out.
    private static let doubt = Duration.seconds(65)

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
        let mayBegin = try await mayBegin(hash)
        // A wallet need not see that it pays one invoice once.
        guard try await knownPayment(hash) == .unpaid else {
            throw LightningFailure(.refused, "the invoice is paid, or being paid")
        }
        guard !mayBegin else { throw LightningFailure(.unavailable, "the payment may be under way") }
        // Before the wallet is told: the next process has to know of it, too.
        let end = time.now().advanced(by: patience + Self.doubt)
        try await store.setValue(Array("\(end.milliseconds)".utf8), for: Self.orderKey(hash))
        let payment = try await pay(invoice, paid, within: patience)
        await forgetOrder(hash)
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
        let fee = await fee(of: invoice.paymentHash, in: result)
        return Payment(preimage: Preimage(preimage), amount: amount, fee: fee)
    }

    /// Not said by all at once: what the wallet knows of the payment may have it.
    private func fee(of payment: PaymentHash, in result: JSONValue) async -> Amount {
        if let fee = NWCText.count(result["fees_paid"]) { return Amount(millisatoshis: fee) }
        guard let transaction = try? await transaction(payment), !transaction.isIncoming else { return .zero }
        return transaction.fee
    }

    /// A no that may come from impatience does not say that nothing was paid: only what the wallet knows of the payment does.
    private func payment(_ payment: PaymentHash, after error: NWCError) async throws -> Payment {
        guard !error.isCertain else {
            await forgetOrder(payment)
            throw LightningFailure(.refused, "\(error)")
        }
        // The order stands until its end: a copy of it may be on its way by another relay.
        switch try await knownPayment(payment) {
        case .paid(let payment): return payment
        case .unpaid: throw LightningFailure(.refused, "\(error)")
        case .underWay: throw LightningFailure(.unavailable, "the payment is under way: \(error)")
        }
    }

    package func payment(_ payment: PaymentHash) async throws -> PaymentState {
        // Looked for first: what ends while the wallet is asked is not taken for what was never begun.
        let isOpen = paying.withLockedValue { $0.contains(payment) }
        let mayBegin = try await mayBegin(payment)
        let state = try await knownPayment(payment)
        return state == .unpaid && (isOpen || mayBegin) ? .underWay : state
    }

    // MARK: Orders

    /// Until when a wallet may begin a payment that it was told to make and has not answered for. Whichever wallet: one wallet
    /// may have several connections, each with a key of its own.
    private static func orderKey(_ payment: PaymentHash) -> String { "nwc/paying/\(payment)" }

    /// It was told to pay and did not answer: that it does not know of it may mean that it is not that far yet.
    private func mayBegin(_ payment: PaymentHash) async throws -> Bool {
        guard let value = try await store.value(for: Self.orderKey(payment)) else { return false }
        guard let end = Int64(String(decoding: value, as: UTF8.self)) else {
            throw StoreFailure("\(Self.orderKey(payment)) is no number")
        }
        return time.now() < WallTime(milliseconds: end)
    }

    /// What became of it is known. Where that cannot be written down, it ends by its time.
    private func forgetOrder(_ payment: PaymentHash) async {
        do {
            try await store.setValue(nil, for: Self.orderKey(payment))
        } catch {
            logger.debug(
                "cannot note that a payment has ended",
                metadata: ["payment": "\(payment)", "error": "\(error)"]
            )
        }
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
