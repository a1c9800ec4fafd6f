internal import GatewayKit
internal import Lightning

/// How one invoice is paid: once, whatever happens to the wallet's answer. Whoever buys has put it into a file before.
struct InvoicePayment {
    /// BOLT 11.
    let invoice: String
    let payment: PaymentHash
    let limit: Amount
    let wallet: WalletOptions
    /// Where it is kept, for people.
    let path: String
    let time = TimeSource.system
    /// Takes it out of the file: nothing was paid, and nothing will be.
    let forget: () throws -> Void
    /// Told each step.
    let report: (String) -> Void

    struct Proof {
        let preimage: Preimage
        /// False when an earlier run paid.
        let isNew: Bool
    }

    static func decoded(_ text: String) throws -> Bolt11Invoice {
        do {
            return try Bolt11Invoice(decoding: text)
        } catch {
            throw CommandFailure(.refused, "the server's invoice is not valid: \(error)")
        }
    }

    static func amount(of invoice: Bolt11Invoice) throws -> Amount {
        guard let amount = invoice.amount else {
            throw CommandFailure(.refused, "the server's invoice names no amount")
        }
        return amount
    }

    static func allow(_ amount: Amount, upTo limit: Amount) throws {
        guard amount <= limit else {
            throw CommandFailure(.refused, "this costs \(amount), more than --max \(limit)")
        }
    }

    // MARK: Paying

    func pay() async throws -> Proof {
        let paid: Payment
        do {
            paid = try await wallet.withWallet { try await $0.pay(invoice, feeLimit: wallet.maxFee) }
        } catch let failure as LightningFailure {
            guard failure.reason == .refused else {
                throw CommandFailure(
                    WalletOptions.status(of: failure),
                    "\(failure); the payment may still arrive, so it is kept in \(path) and the next run asks for the "
                        + "same one"
                )
            }
            return Proof(preimage: try await preimage(after: failure), isNew: false)
        } catch {
            // The wallet was not asked at all.
            try forget()
            throw error
        }
        report("paid \(paid.amount), fee \(paid.fee)")
        return Proof(preimage: paid.preimage, isNew: true)
    }

    /// A wallet refuses what it has paid already, too: then the preimage is there.
    private func preimage(after failure: LightningFailure) async throws -> Preimage {
        let state: LndPaymentState
        do {
            state = try await self.state()
        } catch {
            report("the wallet does not say what became of the payment: \(error)")
            throw CommandFailure(.failed, "\(failure); it is kept in \(path), and the next run asks again")
        }
        let isPaid = failure.description.lowercased().contains("already paid")
        switch state {
        case .settled(let preimage):
            return found(preimage)
        case .underWay:
            throw underWay
        case .unpaid where !isPaid, .unknown where !isPaid:
            try forget()
            throw CommandFailure(.failed, "\(failure)")
        case .unpaid, .unknown:
            throw CommandFailure(
                .refused,
                "the invoice for this is already paid, but the wallet does not hand out the preimage that proves it; "
                    + "nothing is paid a second time. \(remedy)"
            )
        }
    }

    // MARK: What an earlier run left

    /// - Returns: `nil` when it is certain that the earlier run paid nothing, and too late to pay now.
    func complete() async throws -> Proof? {
        report("an earlier run may have paid for this; asking the wallet")
        let decoded = try Self.decoded(invoice)
        let isExpired = decoded.expiresAt <= time.now()
        var state = LndPaymentState.unknown
        do {
            state = try await self.state()
        } catch let failure as LightningFailure {
            guard failure.reason != .unavailable else { throw CommandFailure(.noConnection, "\(failure)") }
            report("the wallet does not say what became of the payment: \(failure)")
        }
        switch state {
        case .settled(let preimage):
            return Proof(preimage: found(preimage), isNew: false)
        case .underWay:
            throw underWay
        case .unpaid where isExpired:
            report("its invoice expired unpaid; buying anew")
            try forget()
            return nil
        case .unknown where isExpired:
            throw CommandFailure(
                .refused,
                "an earlier run may have paid for this and the wallet does not say; nothing more is paid. \(remedy)"
            )
        case .unpaid, .unknown:
            let amount = try Self.amount(of: decoded)
            report("not paid yet; paying the same invoice of \(amount)")
            try Self.allow(amount, upTo: limit)
            return try await pay()
        }
    }

    private func state() async throws -> LndPaymentState {
        try await wallet.withWallet { try await $0.state(of: payment) }
    }

    private func found(_ preimage: Preimage) -> Preimage {
        report("the wallet has paid it already")
        return preimage
    }

    private var underWay: CommandFailure {
        CommandFailure(.failed, "the payment \(payment) has not ended yet; run this again later")
    }

    private var remedy: String {
        "Look for the payment \(payment) in the wallet; to buy anew, remove its entry from \(path)"
    }
}
