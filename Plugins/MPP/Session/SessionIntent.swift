internal import Crypto
internal import GatewayKit
internal import HTTPTypes
internal import Logging
internal import NIOCore

/// `session`: a deposit that many requests spend, and whose rest is paid back (draft-lightning-session).
struct SessionIntent: PaymentIntent {
    let name = "session"
    let expired = PaymentProblem.lightningChallengeExpired

    private let terms: MPPTerms
    private let book: SessionBook
    private let work: SessionWork
    private let time: TimeSource

    init(_ terms: MPPTerms, _ services: Services, _ book: SessionBook) {
        self.terms = terms
        self.book = book
        work = SessionWork(terms, services, book)
        time = services.time
    }

    // MARK: Selling

    func offer(for quote: Quote, in exchange: Exchange) throws -> Eventually<PaymentOffer> {
        let now = time.now()
        let price = quote.amount
        return try quote.invoice(for: terms.session.deposit(for: price)).map { [session = terms.session] invoice in
            guard let request = SessionRequest.value(of: invoice, price: price, terms: session) else {
                throw LightningFailure(.malformed, "an invoice for \(invoice.amount) is no deposit for \(price) a unit")
            }
            return PaymentOffer(request: request, for: quote, invoice: invoice, at: now)
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
            SessionAction(challenge: number, fingerprint: fingerprint, end: end)
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
        let step = SessionWork.Step(use, service: exchange.route.service)
        return try exchange.later { [work] in try await work.result(of: step) }.map { result in
            switch result {
            case .served(let served):
                serve(served.session, secret: served.secret, use, in: exchange)
                return .next
            case .answered(let body, let members):
                use.isDone = true
                use.receiptMembers = members
                return .reply(.json(body.canonical))
            case .refused(let problem, let detail):
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
        guard !use.isSettled else {
            // The client left while the store was asked.
            giveBack(use)
            return
        }
        if case .event = terms.session.meter { exchange.edits.acceptOnlyIdentity(of: exchange.request) }
        book.beginUse(of: session.id)
        exchange[MeteredSession.self] = MeteredSession(
            account: book.account(of: session, challengeID: use.challengeID),
            meter: terms.session.meter,
            challengeID: use.challengeID
        )
    }

    private func giveBack(_ use: SessionUse) {
        guard use.isTaken else { return }
        use.isTaken = false
        book.giveBack(use.request.price, to: use.id)
    }

    // MARK: Answering

    func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        guard let use = exchange[SessionUse.self], use.isDone else { return }
        if let secret = use.secret {
            // Whatever the answer: without it the client could neither go on nor end the session.
            response.fields.set(.paymentSessionSecret, secret.hex)
            CacheControl.makePrivate(&response)
        }
        if response.status.code >= 500, terms.chargeOn == .success {
            giveBack(use)
        }
        guard Self.isSuccess(response) else { return }
        let receipt = PaymentReceipt(
            method: MPPScheme.method,
            reference: use.id.description,
            at: time.now(),
            challengeID: use.challengeID,
            members: use.receiptMembers
        )
        response.fields.set(.paymentReceipt, receipt.field)
        CacheControl.makePrivate(&response)
        if let metered = exchange[MeteredSession.self] {
            MeteredResponse.meter(response, of: exchange, metered, patience: .init(topUp: terms.session.topUpTimeout))
        }
    }

    /// A refusal of gRPC is a 200, too.
    private static func isSuccess(_ response: ResponseHead) -> Bool {
        guard (200...299).contains(response.status.code) else { return false }
        return response.fields[.grpcStatus].map { $0 == "0" } ?? true
    }

    func settle(_ exchange: Exchange, as outcome: Outcome) {
        guard let use = exchange[SessionUse.self] else { return }
        use.isSettled = true
        guard exchange[MeteredSession.self] != nil else { return }
        if Self.wasNotServed(outcome, chargeOn: terms.chargeOn) || Self.reachedNobody(exchange, outcome) {
            giveBack(use)
        }
        book.endUse(of: use.id)
    }

    /// True when the client left, or the gateway closed, before the request went anywhere.
    private static func reachedNobody(_ exchange: Exchange, _ outcome: Outcome) -> Bool {
        switch outcome.end {
        case .clientLeft, .drained: !exchange.wasForwarded && outcome.status == nil
        case .answered, .replied, .upstreamFailed, .cut: false
        }
    }

    /// True when the request never left the gateway, and with `charge-on: success` also when no answer came.
    private static func wasNotServed(_ outcome: Outcome, chargeOn: MPPTerms.ChargeOn) -> Bool {
        switch outcome.end {
        case .upstreamFailed(.unreachable), .upstreamFailed(.busy): true
        case .upstreamFailed, .drained: chargeOn == .success && outcome.status == nil
        case .answered, .replied, .clientLeft, .cut: false
        }
    }
}
