internal import Crypto
internal import GatewayKit
internal import Logging

/// `session`: a deposit that many requests spend, and whose rest is paid back (draft-lightning-session).
struct SessionIntent: PaymentIntent {
    let name = "session"
    let expired = PaymentProblem.lightningChallengeExpired

    let terms: MPPTerms
    let book: SessionBook
    let mint: ChallengeMint
    let store: any Store
    let time: TimeSource
    private let lightning: any LightningBackend
    private let work: SessionWork

    init(_ terms: MPPTerms, _ services: Services, _ book: SessionBook, _ mint: ChallengeMint) {
        self.terms = terms
        self.book = book
        self.mint = mint
        store = services.store
        work = SessionWork(terms, services, book, mint.archive)
        time = services.time
        lightning = services.lightning
    }

    // MARK: Selling

    /// A deposit is taken where what is left of it can go back.
    var canBeSold: Bool { lightning.capabilities.contains(.refund) }

    func offer(for quote: Quote, in exchange: Exchange) throws -> Eventually<PaymentOffer> {
        let now = time.now()
        return try quote.sessionOffer().flatMap { [session = terms.session] offered in
            // The wire has no smaller unit.
            let price = offered.flatMap { Amount.satoshis($0.unit.satoshisRoundedUp) } ?? quote.amount
            let deposit = session.deposit(for: price, instead: offered?.deposit)
            return try quote.invoice(for: deposit).map { invoice in
                guard let request = SessionRequest.value(of: invoice, price: price, terms: session) else {
                    throw LightningFailure(
                        .malformed,
                        "an invoice for \(invoice.amount) is no deposit for \(price) a unit"
                    )
                }
                return PaymentOffer(request: request, for: quote, invoice: invoice, at: now)
            }
        }
    }

    // MARK: Recognising

    func credential(of presented: PaymentCredential, in exchange: Exchange) throws -> Credential {
        let id = presented.challenge.id
        let payload: SessionPayload
        do {
            payload = try SessionPayload(presented.payload)
        } catch {
            throw PaymentProblem.lightningMalformedCredential.rejection("\(error)", challengeID: id)
        }
        guard let request = SessionRequest(try presented.challenge.requestObject()),
            let number = Base64.url.decoded(id).flatMap({ Bytes32($0) }),
            let end = presented.challenge.expires.flatMap({ Timestamp.time($0) })
        else {
            throw PaymentProblem.lightningUnknownChallenge.rejection("the challenge asks for nothing", challengeID: id)
        }
        // A session is named by the payment that opened it, whose preimage is the proof for all but a top-up.
        let proven: PaymentHash
        switch payload.action {
        case .open, .topUp: proven = request.payment
        case .bearer, .close: proven = payload.session ?? request.payment
        }
        guard Self.hash(of: payload.preimage).equalsInConstantTime(proven.bytes) else {
            throw PaymentProblem.lightningInvalidPreimage.rejection(
                "the preimage is not that of the payment",
                challengeID: id
            )
        }
        let fingerprint = Bytes32(SHA256.hash(data: Array(presented.authorization.utf8))) ?? .zero
        let use = SessionUse(
            request,
            payload,
            challengeID: id,
            SessionAction(challenge: number, fingerprint: fingerprint, end: end, route: exchange.route.name)
        )
        exchange[PresentedIntent.self] = PresentedIntent(name: name)
        exchange[SessionUse.self] = use
        return Credential(
            scheme: MPPScheme.word,
            id: CredentialID(use.id.bytes),
            payment: use.id,
            caveats: [],
            redemption: payload.action.isServed ? .every : .instead
        )
    }

    static func hash(of preimage: Bytes32) -> Bytes32 {
        Bytes32(SHA256.hash(data: preimage.array)) ?? .zero
    }

    // MARK: Taking

    func redeem(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision> {
        guard let use = exchange[SessionUse.self] else {
            throw Rejection(.service, "the credential was not presented to this route")
        }
        if let answer = earlierAnswer(to: use, in: exchange) { return .now(answer) }
        let step = SessionWork.Step(use, of: exchange.route, isConverted: exchange[QuotedPrice.self] != nil)
        return try exchange.later { [work] in try await work.result(of: step) }.recover { error in
            drop(use)
            throw error
        }.map { result in
            switch result {
            case .served(let served):
                serve(served.session, secret: served.secret, use, in: exchange)
                return .next
            case .answered(let body, let members):
                use.isDone = true
                use.receiptMembers = members
                return .reply(.json(body.canonical))
            case .repeated(let answer):
                drop(use)
                return repeated(answer, of: use)
            case .refused(let problem, let detail):
                drop(use)
                throw problem.rejection(detail, challengeID: use.challengeID)
            }
        }
    }

    private func serve(_ session: Session, secret: Bytes32?, _ use: SessionUse, in exchange: Exchange) {
        use.isDone = true
        use.isTaken = true
        use.secret = secret
        let mode: SessionTerms.Secret = session.secretHash == nil ? .plain : .bound
        use.receiptMembers = [.init("sessionMode", .string(mode.rawValue))]
        if case .open = use.payload.action {
            exchange.logger.info(
                "a session is open",
                metadata: [
                    "session": "\(session.id)", "deposit": "\(session.deposit)", "session-secret": "\(mode.rawValue)",
                ]
            )
        }
        if case .event = terms.session.meter { exchange.edits.acceptOnlyIdentity(of: exchange.request) }
        book.beginUse(of: session.id)
        exchange[MeteredSession.self] = MeteredSession(
            account: book.account(of: session, price: use.request.price, challengeID: use.challengeID),
            meter: terms.session.meter,
            challengeID: use.challengeID
        )
    }
}
