internal import GatewayKit
internal import L402
internal import Lightning

/// How one token is bought: kept as pending before its invoice is paid, so that it is paid once whatever happens to the
/// wallet's answer.
struct Purchase {
    let origin: String
    let path: String
    let cache: TokenCache
    let limit: Amount
    let wallet: WalletOptions
    let time = TimeSource.system
    /// Told each step.
    let report: (String) -> Void
    /// Told what must not go unnoticed.
    let warn: (String) -> Void

    struct Bought {
        let token: L402Token
        /// False when an earlier run paid.
        let isNew: Bool
    }

    /// The token of an earlier run whose payment ended unheard, or else the one that is offered.
    ///
    /// - Parameter refused: tokens that the server did not take.
    func token(for challenge: L402Challenge, refused: [L402Token]) async throws -> Bought {
        let service = challenge.service
        if let pending = try cache.pending(origin: origin, service: service, path: path),
            let bought = try await complete(pending)
        {
            return bought
        }
        let pending = try pending(challenge, service: service)
        switch try cache.reserve(pending, refused: refused) {
        case .reserved:
            return try await pay(pending)
        case .paid(let token):
            report("another run bought a token in the meantime")
            return Bought(token: token, isNew: false)
        case .pending(let other):
            guard let bought = try await complete(other) else {
                throw CommandFailure(.failed, "another run is buying the same at this moment; run this again")
            }
            return bought
        }
    }

    /// What is offered, when it can be bought and its price may be paid.
    private func pending(_ challenge: L402Challenge, service: String) throws -> PendingToken {
        let invoice = try decoded(challenge.invoice)
        guard challenge.payment == invoice.paymentHash else {
            throw CommandFailure(
                .refused,
                "the server's token is not for the payment of its invoice; paying it would buy nothing"
            )
        }
        let amount = try amount(of: invoice)
        report("the invoice asks for \(amount)\(invoice.memo.map { " for \($0)" } ?? "")")
        try allow(amount)
        return PendingToken(
            origin: origin,
            service: service,
            path: path,
            token: challenge.token,
            invoice: invoice.text,
            payment: invoice.paymentHash
        )
    }

    private func decoded(_ text: String) throws -> Bolt11Invoice {
        do {
            return try Bolt11Invoice(decoding: text)
        } catch {
            throw CommandFailure(.refused, "the server's invoice is not valid: \(error)")
        }
    }

    private func amount(of invoice: Bolt11Invoice) throws -> Amount {
        guard let amount = invoice.amount else {
            throw CommandFailure(.refused, "the server's invoice names no amount")
        }
        return amount
    }

    private func allow(_ amount: Amount) throws {
        guard amount <= limit else {
            throw CommandFailure(.refused, "this costs \(amount), more than --max \(limit)")
        }
    }

    // MARK: Paying

    private func pay(_ pending: PendingToken) async throws -> Bought {
        let payment: Payment
        do {
            payment = try await wallet.withWallet { try await $0.pay(pending.invoice, feeLimit: wallet.maxFee) }
        } catch let failure as LightningFailure {
            guard failure.reason == .refused else {
                throw CommandFailure(
                    WalletOptions.status(of: failure),
                    "\(failure); the payment may still arrive, so it is kept in \(cache.path) and the next run asks for "
                        + "the same one"
                )
            }
            return Bought(token: try await tokenAfter(failure, pending), isNew: false)
        } catch {
            // The wallet was not asked at all.
            try cache.drop(pending)
            throw error
        }
        report("paid \(payment.amount), fee \(payment.fee)")
        return Bought(token: keep(pending.paid(with: payment.preimage), pending), isNew: true)
    }

    /// A wallet refuses what it has paid already, too: then the token is there.
    private func tokenAfter(_ failure: LightningFailure, _ pending: PendingToken) async throws -> L402Token {
        let state: LndPaymentState
        do {
            state = try await self.state(of: pending)
        } catch {
            report("the wallet does not say what became of the payment: \(error)")
            throw CommandFailure(.failed, "\(failure); it is kept in \(cache.path), and the next run asks again")
        }
        let isPaid = failure.description.lowercased().contains("already paid")
        switch state {
        case .settled(let preimage):
            return found(preimage, pending)
        case .underWay:
            throw underWay(pending)
        case .unpaid where !isPaid, .unknown where !isPaid:
            try cache.drop(pending)
            throw CommandFailure(.failed, "\(failure)")
        case .unpaid, .unknown:
            throw CommandFailure(
                .refused,
                "the invoice for this is already paid, but the wallet does not hand out the preimage that proves it; "
                    + "nothing is paid a second time. \(remedy(pending))"
            )
        }
    }

    // MARK: What an earlier run left

    /// - Returns: `nil` when it is certain that the earlier run paid nothing, and too late to pay now.
    private func complete(_ pending: PendingToken) async throws -> Bought? {
        report("an earlier run may have paid for this; asking the wallet")
        let invoice = try decoded(pending.invoice)
        let isExpired = invoice.expiresAt <= time.now()
        var state = LndPaymentState.unknown
        do {
            state = try await self.state(of: pending)
        } catch let failure as LightningFailure {
            guard failure.reason != .unavailable else { throw CommandFailure(.noConnection, "\(failure)") }
            report("the wallet does not say what became of the payment: \(failure)")
        }
        switch state {
        case .settled(let preimage):
            return Bought(token: found(preimage, pending), isNew: false)
        case .underWay:
            throw underWay(pending)
        case .unpaid where isExpired:
            report("its invoice expired unpaid; buying anew")
            try cache.drop(pending)
            return nil
        case .unknown where isExpired:
            throw CommandFailure(
                .refused,
                "an earlier run may have paid for this and the wallet does not say; nothing more is paid. "
                    + remedy(pending)
            )
        case .unpaid, .unknown:
            let amount = try amount(of: invoice)
            report("not paid yet; paying the same invoice of \(amount)")
            try allow(amount)
            return try await pay(pending)
        }
    }

    private func state(of pending: PendingToken) async throws -> LndPaymentState {
        try await wallet.withWallet { try await $0.state(of: pending.payment) }
    }

    private func found(_ preimage: Preimage, _ pending: PendingToken) -> L402Token {
        report("the wallet has paid it already")
        return keep(pending.paid(with: preimage), pending)
    }

    private func underWay(_ pending: PendingToken) -> CommandFailure {
        CommandFailure(.failed, "the payment \(pending.payment) has not ended yet; run this again later")
    }

    private func remedy(_ pending: PendingToken) -> String {
        "Look for the payment \(pending.payment) in the wallet; to buy anew, remove its entry from \(cache.path)"
    }

    /// A token that was paid for is not lost because the disk is full.
    private func keep(_ token: L402Token, _ pending: PendingToken) -> L402Token {
        do {
            try cache.keep(token, origin: origin, service: pending.service, path: path)
        } catch {
            warn("\(error)\nthe token is paid for; keep it, it is sent as\nAuthorization: \(token.authorization)")
        }
        return token
    }
}
