internal import Crypto
internal import GatewayKit
internal import HTTPTypes
internal import NIOConcurrencyHelpers
internal import NIOCore

/// `charge`: one payment, one request (draft-lightning-charge).
struct ChargeIntent: PaymentIntent {
    static let word = "charge"
    let name = Self.word
    let sellsCalls = true
    let expired = PaymentProblem.lightningExpiredInvoice

    let terms: MPPTerms
    let mint: ChallengeMint
    let store: any Store
    let ledger: ChargeLedger
    let lightning: any LightningBackend
    let settlements: SettlementNews
    let time: TimeSource
    /// Payments that are known to be taken for a bundle.
    let bundles = NIOLockedValueBox<Set<PaymentHash>>([])
    let holds: HeldPayments

    init(_ terms: MPPTerms, _ services: Services, _ mint: ChallengeMint, _ holds: HeldPayments) {
        self.holds = holds
        self.terms = terms
        self.mint = mint
        store = services.store
        lightning = services.lightning
        settlements = services.settlements
        time = services.time
        ledger = ChargeLedger(store: services.store, time: services.time, attempts: mint.attempts)
    }

    // MARK: Selling

    func offer(for quote: Quote, in exchange: Exchange) -> Eventually<PaymentOffer> {
        let time = time.now()
        return quote.invoice().map { invoice in
            PaymentOffer(request: ChargeRequest.value(of: invoice), for: quote, invoice: invoice, at: time)
        }
    }

    // MARK: Recognising

    func credential(of presented: PaymentCredential, in exchange: Exchange) throws -> Credential {
        let id = presented.challenge.id
        guard let text = presented.payload["preimage"]?.text, Self.isLowercaseHex(text),
            let preimage = Bytes32(hex: text)
        else {
            throw PaymentProblem.lightningMalformedCredential.rejection(
                "the payload's 'preimage' should be 64 hexadecimal digits in lower case",
                challengeID: id
            )
        }
        guard let payment = ChargeRequest.payment(of: try presented.challenge.requestObject()),
            let digits = Base64.url.decoded(id), let number = Bytes32(digits)
        else {
            throw PaymentProblem.lightningUnknownChallenge.rejection("the challenge asks for nothing", challengeID: id)
        }
        let hash = Bytes32(SHA256.hash(data: preimage.array)) ?? .zero
        guard hash.equalsInConstantTime(payment.bytes) else {
            throw PaymentProblem.lightningInvalidPreimage.rejection(
                "the preimage is not that of the payment",
                challengeID: id
            )
        }
        exchange[PresentedIntent.self] = PresentedIntent(name: name)
        exchange[Charge.self] = Charge(challengeID: id, payment: payment)
        return Credential(
            scheme: MPPScheme.word,
            id: CredentialID(number),
            payment: payment,
            caveats: [],
            redemption: .every
        )
    }

    /// What the browser of a page shows that was paid for.
    func credential(of page: ChargePage, cookie: String, in exchange: Exchange) -> Credential? {
        guard let digits = Base64.url.decoded(page.challengeID), let number = Bytes32(digits) else { return nil }
        exchange[PresentedIntent.self] = PresentedIntent(name: name)
        exchange[Charge.self] = Charge(challengeID: page.challengeID, payment: page.payment, cookie: cookie)
        return Credential(
            scheme: MPPScheme.word,
            id: CredentialID(number),
            payment: page.payment,
            caveats: [],
            redemption: .every
        )
    }

    private static func isLowercaseHex(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    // MARK: Taking

    func redeem(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision> {
        guard let charge = exchange[Charge.self] else {
            throw Rejection(.service, "the credential was not presented to this route")
        }
        if exchange.route.isMetered { return try draw(from: charge, by: credential.id, in: exchange) }
        if let answer = try earlierAnswer(to: charge, in: exchange) { return .now(answer) }
        let (payment, challengeID, reservation) = (charge.payment, charge.challengeID, charge.reservation)
        let now = time.now()
        // What a page shows is no preimage.
        let isPage = charge.cookie != nil
        return try exchange.later {
            [self, id = credential.id] () async throws -> Found in
            if let reservation {
                // Not known here: kept before a restart, or by another instance.
                if let kept = try await mint.archive.answer(to: challengeID, at: now, in: store),
                    kept.key == reservation.key.digest
                {
                    return kept.fingerprint == reservation.fingerprint ? .answer(kept.answer) : .conflict
                }
            }
            if isPage, let taking = try await takingHeld(payment, by: id) { return taking }
            if isPage, mayHaveGoneBack {
                guard try await hasArrived(payment) else { return .unsettled }
            } else if terms.verification == .node {
                guard try await settlements.isSettledSoon(payment, at: lightning) else { return .unsettled }
            }
            return .taking(try await ledger.take(payment, by: id), isHeld: false)
        }.recover { error in
            drop(charge)
            throw error
        }.map { found in
            try decision(about: charge, found)
        }
    }

    enum Found: Sendable {
        case taking(ChargeLedger.Taking, isHeld: Bool)
        case answer(AnswerShelf.Answer)
        case conflict, unsettled
    }

    private func decision(about charge: Charge, _ found: Found) throws -> Decision {
        if case .taking(.taken(let taken), let isHeld) = found {
            charge.phase = .taken(taken)
            charge.isHeld = isHeld
            return .next
        }
        drop(charge)
        switch found {
        case .taking(.taken, _): return .next
        case .answer(let answer): return repeated(answer, of: charge)
        case .conflict: throw IdempotencyKey.conflict
        case .taking(.waiting(let until), _):
            let seconds = max(1, until.seconds - time.now().seconds + 1)
            var reply = Reply(
                .conflict,
                detail: "another request is using this payment, or broke off; the same credential may be sent again"
            )
            reply.fields.add(.retryAfter, "\(seconds)")
            return .reply(reply)
        case .taking(.used, _):
            charge.isUsedUp = true
            throw PaymentProblem.lightningUnknownChallenge.rejection(
                "the payment has been used already",
                challengeID: charge.challengeID
            )
        case .unsettled:
            throw PaymentProblem.verificationFailed.rejection(
                "the payment has not arrived yet; nothing was taken, and the same credential may be sent again",
                challengeID: charge.challengeID
            )
        }
    }

    // MARK: Answering again

    /// What a request with an idempotency key gets without being served; `nil` when it is to be served, and its answer
    /// kept.
    private func earlierAnswer(to charge: Charge, in exchange: Exchange) throws -> Decision? {
        guard terms.replayLimit.bytes > 0, exchange.hasRepeatableAnswer,
            let key = IdempotencyKey(of: exchange.request)
        else { return nil }
        let now = time.now()
        let reservation = AnswerReservation(key, of: exchange.request, until: now.advanced(by: terms.replayTime))
        switch mint.answers.find(charge.challengeID, reservation, at: now) {
        case .reserved:
            charge.reservation = reservation
            return nil
        case .underWay:
            var reply = Reply(.conflict, detail: "a request with this idempotency key is being served")
            reply.fields.add(.retryAfter, "1")
            return .reply(reply)
        case .answer(let answer): return repeated(answer, of: charge)
        case .otherKey: return nil
        case .conflict: throw IdempotencyKey.conflict
        }
    }

    private func repeated(_ answer: AnswerShelf.Answer, of charge: Charge) -> Decision {
        charge.isRepeated = true
        return .reply(Reply(answer.status, fields: answer.fields, body: .bytes(answer.body)))
    }

    func drop(_ charge: Charge) {
        guard charge.reservation != nil else { return }
        charge.reservation = nil
        mint.answers.drop(charge.challengeID)
    }
}
