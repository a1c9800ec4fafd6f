internal import GatewayKit
internal import Logging
internal import NIOCore

/// Does what credentials of sessions ask for. May be used from any task.
struct SessionWork: Sendable {
    /// What is to be done, as far as the exchange knows it.
    struct Step: Sendable {
        let request: SessionRequest
        let payload: SessionPayload
        let action: SessionAction
        let id: PaymentHash
        let service: String
        /// What a request costs differs from one to the next.
        let isMetered: Bool
        let challengeID: String
        let reservation: AnswerReservation?
        /// The price is that of another currency at the rate of its challenge: another one than when the session was
        /// opened, and the gateway has signed it.
        let isConverted: Bool

        init(_ use: SessionUse, of route: Route, isConverted: Bool) {
            request = use.request
            payload = use.payload
            action = use.action
            id = use.id
            service = route.service
            isMetered = route.isMetered
            challengeID = use.challengeID
            reservation = use.reservation
            self.isConverted = isConverted
        }
    }

    enum Result: Sendable {
        /// The request goes on: its first unit is taken.
        case served((session: Session, secret: Bytes32?))
        /// Nothing goes on: this is the answer, and what its receipt says.
        case answered(JSONValue, [JSONValue.Member])
        /// It was done before: the answer that was given then.
        case repeated(AnswerShelf.Answer)
        /// Nothing was done.
        case refused(PaymentProblem, String)
    }

    /// How long a client waits for its refund. It is tried on afterwards.
    private static let refundPatience = Duration.seconds(20)

    private let terms: MPPTerms
    private let book: SessionBook
    private let archive: AnswerArchive
    private let store: any Store
    private let lightning: any LightningBackend
    private let settlements: SettlementNews
    private let time: TimeSource

    init(_ terms: MPPTerms, _ services: Services, _ book: SessionBook, _ archive: AnswerArchive) {
        self.terms = terms
        self.book = book
        self.archive = archive
        store = services.store
        lightning = services.lightning
        settlements = services.settlements
        time = services.time
    }

    func result(of step: Step) async throws -> Result {
        if case .open(let returnInvoice) = step.payload.action {
            return try await open(step, returnInvoice: returnInvoice)
        }
        guard let session = try await book.ledger.session(step.id), session.service == step.service else {
            return .refused(.lightningSessionNotFound, "there is no such session of this service")
        }
        if let hash = session.secretHash {
            guard let secret = step.payload.secret, SessionIntent.hash(of: secret).equalsInConstantTime(hash) else {
                return .refused(.verificationFailed, "the session is bound to a secret, which is missing or another")
            }
        }
        switch step.payload.action {
        case .bearer, .open: return try await spend(session, step)
        case .topUp: return try await topUp(session, step)
        case .close: return try await close(session, step)
        }
    }

    // MARK: Opening

    private func open(_ step: Step, returnInvoice: String) async throws -> Result {
        let now = time.now()
        let invoice: PayableInvoice
        do {
            invoice = try lightning.read(returnInvoice)
        } catch let failure as LightningFailure {
            return .refused(.lightningInvalidReturnInvoice, "the return invoice cannot be paid: \(failure)")
        }
        guard invoice.amount == nil else {
            return .refused(
                .lightningInvalidReturnInvoice,
                "the return invoice names an amount, and should leave it open"
            )
        }
        guard invoice.expiresAt >= now.advanced(by: terms.session.idleTimeout) else {
            return .refused(
                .lightningInvalidReturnInvoice,
                "the return invoice expires before the session could end; 30 days are usual"
            )
        }
        guard invoice.payment != step.id, try await store.invoice(invoice.payment) == nil else {
            return .refused(.lightningInvalidReturnInvoice, "the return invoice is one of this gateway")
        }
        guard try await isSettled(step.request.payment) else { return Self.unsettled }
        let secret = terms.session.secret == .bound ? Bytes32.random() : nil
        let session = Session(
            id: step.id,
            service: step.service,
            price: step.request.price,
            deposit: step.request.deposit,
            spent: step.request.price,
            returnInvoice: returnInvoice,
            returnPayment: invoice.payment,
            refundFee: terms.session.refundFee,
            secretHash: secret.map(SessionIntent.hash),
            idleTimeout: terms.session.idleTimeout,
            openedAt: now
        )
        guard session.spent <= session.deposit else {
            return .refused(.paymentInsufficient, "the deposit is less than one unit costs")
        }
        switch try await book.ledger.open(session, by: step.action) {
        case .done(let opened): return .served((opened, secret))
        case .repeated:
            return try await repeated(step, or: "the session is open already: go on with 'bearer'")
        case .returnInvoiceUsed:
            return .refused(.lightningInvalidReturnInvoice, "the return invoice is that of another session")
        case let change: return Self.refusal(change)
        }
    }

    // MARK: Spending

    private func spend(_ session: Session, _ step: Step) async throws -> Result {
        let price = step.request.price
        guard session.price == price || step.isMetered || step.isConverted else {
            return .refused(
                .invalidChallenge,
                "the session is for \(session.price) a unit, and this costs \(price): open another one"
            )
        }
        let taking = SessionTaking(session: session.id, amount: price, time: time.now(), action: step.action)
        switch try await book.take(taking) {
        case .done(let spent): return .served((spent, nil))
        case .repeated:
            return try await repeated(step, or: "the credential was used already: ask for another challenge")
        case let change: return Self.refusal(change)
        }
    }

    // MARK: Answering again

    /// The same credential was let through before, by another process or before a restart where this one does not know
    /// the answer.
    private func repeated(_ step: Step, or detail: String) async throws -> Result {
        if let reservation = step.reservation,
            let kept = try await archive.answer(to: step.challengeID, at: time.now(), in: store),
            kept.isFor(reservation)
        {
            return .repeated(kept.answer)
        }
        return .refused(.lightningUnknownChallenge, detail)
    }

    // MARK: Adding

    private func topUp(_ session: Session, _ step: Step) async throws -> Result {
        guard try await isSettled(step.request.payment) else { return Self.unsettled }
        let change = try await book.ledger.credit(
            step.request.deposit,
            of: step.request.payment,
            to: session.id,
            by: step.action,
            at: time.now()
        )
        switch change {
        case .done(let richer), .repeated(let richer, _):
            book.noteChange(of: richer.id)
            return .answered(.texts([("status", "ok")]), [mode(of: richer)])
        case let change: return Self.refusal(change)
        }
    }

    // MARK: Ending

    private func close(_ session: Session, _ step: Step) async throws -> Result {
        let change = try await book.ending(session.id) {
            let now = time.now()
            let retryAt = now.advanced(by: SessionRefunds.lease)
            return try await book.ledger.close(session.id, by: step.action, at: now, retryAt: retryAt)
        }
        switch change {
        case .done(let ended):
            book.noteChange(of: ended.id)
            if ended.state == .closing { book.refunds.attempt(ended) }
            return try await closed(ended, step)
        case .repeated(let ended, let status?): return answer(to: ended, status: status)
        case .repeated(let ended, nil): return try await closed(ended, step)
        case let change: return Self.refusal(change)
        }
    }

    /// What became of the refund in the time that a client waits for it; noted, so that it is told again.
    private func closed(_ ended: Session, _ step: Step) async throws -> Result {
        let last = try await attempted(ended)
        let status =
            switch last.state {
            case .closed: last.rest == .zero ? "skipped" : "succeeded"
            case .open, .closing, .givenUp: "failed"
            }
        return answer(to: last, status: try await book.ledger.answer(status, to: step.action) ?? status)
    }

    /// The session when the first attempt to pay back has ended, here or in another process, or for so long nobody knows.
    private func attempted(_ ended: Session) async throws -> Session {
        let patience = ContinuousClock.now.advanced(by: Self.refundPatience)
        while true {
            await book.refunds.end(of: ended.id, within: ContinuousClock.now.duration(to: patience))
            let kept = try await book.ledger.session(ended.id) ?? ended
            // The lease stands for an attempt that has not ended: what fails gets another time.
            let isUnderWay =
                kept.state == .closing && kept.refundAttempts == 1
                && kept.refundDueAt == kept.closedAt?.advanced(by: SessionRefunds.lease)
            guard isUnderWay, ContinuousClock.now < patience else { return kept }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func answer(to ended: Session, status: String) -> Result {
        let refund: [JSONValue.Member] = [
            .init("refundSats", ended.rest.satoshis), .init("refundStatus", .string(status)),
        ]
        return .answered(.object([.init("status", .string("closed"))] + refund), refund + [mode(of: ended)])
    }

    private func mode(of session: Session) -> JSONValue.Member {
        let mode: SessionTerms.Secret = session.secretHash == nil ? .plain : .bound
        return .init("sessionMode", .string(mode.rawValue))
    }

    // MARK: Refusing

    private static func refusal(_ change: SessionChange) -> Result {
        switch change {
        case .unknown: .refused(.lightningSessionNotFound, "there is no such session of this service")
        case .ended: .refused(.lightningSessionClosed, "the session is closed")
        case .insufficient(let session):
            .refused(
                .lightningInsufficientBalance,
                "\(session.rest) of the deposit are left, and a unit costs \(session.price)"
            )
        case .foreignPayment: .refused(.lightningUnknownChallenge, "the payment has been used already")
        case .done, .repeated, .challengeUsed, .returnInvoiceUsed:
            .refused(.lightningUnknownChallenge, "the challenge has been used already")
        }
    }

    private static let unsettled = Result.refused(
        .verificationFailed,
        "the payment has not arrived yet; nothing was taken, and the same credential may be sent again"
    )

    private func isSettled(_ payment: PaymentHash) async throws -> Bool {
        guard terms.verification == .node else { return true }
        return try await settlements.isSettledSoon(payment, at: lightning)
    }
}
