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
            let proof = try await payment(of: pending).complete()
        {
            return bought(pending, proof)
        }
        let pending = try pending(challenge, service: service)
        switch try cache.reserve(pending, refused: refused) {
        case .reserved:
            return bought(pending, try await payment(of: pending).pay())
        case .paid(let token):
            report("another run bought a token in the meantime")
            return Bought(token: token, isNew: false)
        case .pending(let other):
            guard let proof = try await payment(of: other).complete() else {
                throw CommandFailure(.failed, "another run is buying the same at this moment; run this again")
            }
            return bought(other, proof)
        }
    }

    /// What is offered, when it can be bought and its price may be paid.
    private func pending(_ challenge: L402Challenge, service: String) throws -> PendingToken {
        let invoice = try InvoicePayment.decoded(challenge.invoice)
        guard challenge.payment == invoice.paymentHash else {
            throw CommandFailure(
                .refused,
                "the server's token is not for the payment of its invoice; paying it would buy nothing"
            )
        }
        let amount = try InvoicePayment.amount(of: invoice)
        report("the invoice asks for \(amount)\(invoice.memo.map { " for \($0)" } ?? "")")
        try InvoicePayment.allow(amount, upTo: limit)
        return PendingToken(
            origin: origin,
            service: service,
            path: path,
            token: challenge.token,
            invoice: invoice.text,
            payment: invoice.paymentHash
        )
    }

    private func payment(of pending: PendingToken) -> InvoicePayment {
        InvoicePayment(
            invoice: pending.invoice,
            payment: pending.payment,
            limit: limit,
            wallet: wallet,
            path: cache.path,
            forget: { try cache.drop(pending) },
            report: report
        )
    }

    /// A token that was paid for is not lost because the disk is full.
    private func bought(_ pending: PendingToken, _ proof: InvoicePayment.Proof) -> Bought {
        let token = pending.paid(with: proof.preimage)
        do {
            try cache.keep(token, origin: origin, service: pending.service, path: path)
        } catch {
            warn("\(error)\nthe token is paid for; keep it, it is sent as\nAuthorization: \(token.authorization)")
        }
        return Bought(token: token, isNew: proof.isNew)
    }
}
