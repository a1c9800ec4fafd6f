package import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// `mpp`: the HTTP authentication scheme `Payment` (draft-httpauth-payment) with the method `lightning`.
package struct MPPScheme: AuthScheme, Plugin {
    package static let word = "mpp"
    package static let carriesCaveats = false
    static let method = "lightning"
    /// Each costs a hash or two to look at.
    private static let mostCookies = 8
    /// How long the browser of a page may draw from the bundle that was paid for there.
    private static let bundlePageTime = Duration.seconds(30 * 86_400)

    private let mint: ChallengeMint
    private let terms: MPPTerms
    private let time: TimeSource
    /// In the order of their lines.
    private let intents: [any PaymentIntent]
    private let revocations: RevocationList
    private let lightning: any LightningBackend
    private let holds: HeldPayments

    package init(from settings: inout PolicyReader, _ services: Services) {
        mint = ChallengeMint.of(dataFolder: services.dataFolder)
        terms = MPPTerms(from: &settings)
        time = services.time
        revocations = services.revocations
        lightning = services.lightning
        let holds = services.parts.part { [mint] in HeldPayments(services, attempts: mint.attempts) }
        self.holds = holds
        // Also where no session is offered: what was deposited before is paid back.
        let book = services.parts.part { SessionBook(services) }
        intents = terms.intents.map { [terms, mint] intent in
            switch intent {
            case .charge: ChargeIntent(terms, services, mint, holds)
            case .session: SessionIntent(terms, services, book, mint)
            }
        }
    }

    /// Reads the keyring, or makes it, before the first request needs it.
    package static func prepare(dataFolder: String) throws(StartFailure) {
        _ = try ChallengeMint.of(dataFolder: dataFolder).keyring()
    }

    package var sellsWholeSatoshis: Bool { true }

    package var trustsPreimages: Bool { terms.verification == .preimage }

    package var offeredIntents: [OfferedIntent] {
        zip(intents, terms.intents).map { intent, kind in
            OfferedIntent(
                method: Self.method,
                intent: intent.name,
                isForCalls: intent.sellsCalls,
                isMetered: kind == .session && terms.session.meter != .request
            )
        }
    }

    // MARK: Concealing

    /// Removes what holds a credential of the scheme, and the fields that are between the client and the gateway.
    package static func conceal(in exchange: Exchange) {
        PageCookie.conceal(in: exchange)
        let fields = exchange.request.fields
        for line in fields.lines.indices {
            let isOurs =
                switch fields.lines[line].known {
                case .authorization: fields.withValue(at: line, PresentedCredential.stands(in:))
                case .paymentAuthorization, .acceptPayment, .paymentReceipt: true
                default: false
                }
            if isOurs {
                exchange.edits.removeLine(line)
            }
        }
    }

    // MARK: Selling

    /// Without an id and a request it is no offer.
    package func challenge(in exchange: Exchange) -> Challenge {
        let realm = terms.realm(of: exchange).filter { $0 != "\"" && $0 != "\\" }
        return Challenge(lines: ["Payment realm=\"\(realm)\""])
    }

    /// A page learns by its key that it is paid: it needs no preimage. The conditions are those of the key.
    package func holdingDesk(for exchange: Exchange) -> (any HoldingDesk)? {
        guard terms.chargeOn == .success, terms.intents == [.charge], exchange.request.prefersHTML,
            !exchange.speaksJSONRPC, !exchange.route.isMetered, exchange.request.body == .none,
            !dependsOnBody(in: exchange), !exchange.pricedFields.contains(FieldName(.cookie)),
            lightning.capabilities.contains(.hold), terms.isInsecure || PlainHTTP.mayOffer(in: exchange)
        else { return nil }
        return holds
    }

    package func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge> {
        guard terms.isInsecure || PlainHTTP.mayOffer(in: exchange) else {
            return .now(
                Challenge(
                    refusal: Reply(.forbidden, detail: "payments are taken over HTTPS only; nothing was asked for")
                )
            )
        }
        let preference = AcceptPayment(exchange.request.fields.values(of: .acceptPayment).joined(separator: ","))
        let fitting = exchange.speaksJSONRPC ? intents.filter(\.sellsCalls) : intents
        let sold = fitting.filter(\.canBeSold)
        guard !sold.isEmpty || fitting.isEmpty else {
            let detail = "sessions are not sold here: the node pays nothing back"
            return .now(Challenge(refusal: Reply(.serviceUnavailable, detail: detail)))
        }
        let wanted = preference?.selected(of: sold) { (Self.method, $0.name) } ?? sold
        let made = try digest(in: exchange).flatMap { digest in
            try challenge(of: wanted, from: 0, for: quote, digest: digest, in: exchange, after: Challenge(lines: []))
        }
        guard dependsOnBody(in: exchange) else { return made }
        return made.recover { [limit = terms.digestLimit] error in
            guard error is BodyTooLarge else { throw error }
            let detail = "what this costs depends on the body, and one that is longer than \(limit) is not sold"
            return Challenge(refusal: Reply(.contentTooLarge, detail: detail))
        }
    }

    /// The offers one after the other; those that were not made cost nothing.
    private func challenge(
        of wanted: [any PaymentIntent],
        from first: Int,
        for quote: Quote,
        digest: String?,
        in exchange: Exchange,
        after earlier: Challenge
    ) throws -> Eventually<Challenge> {
        guard first < wanted.count else { return .now(earlier) }
        return try wanted[first].offer(for: quote, in: exchange).flatMap { offer in
            guard offer.expires > time.now() else {
                throw LightningFailure(.malformed, "the node made an invoice that has expired already")
            }
            let made = try challenge(
                of: offer,
                intent: wanted[first].name,
                conversion: quote.conversion,
                digest: digest,
                in: exchange
            )
            var challenge = earlier
            challenge.lines.append(try made.line())
            if exchange.speaksJSONRPC { challenge.objects.append(try made.object().canonical) }
            if exchange.route.isMetered, let account = wanted[first].account(of: offer) {
                challenge.accounts.append(account)
            }
            if challenge.members.isEmpty { challenge.members = [.init("challengeId", made.id)] }
            return try self.challenge(
                of: wanted,
                from: first + 1,
                for: quote,
                digest: digest,
                in: exchange,
                after: challenge
            )
        }
    }

    private func challenge(
        of offer: PaymentOffer,
        intent: String,
        conversion: Conversion?,
        digest: String?,
        in exchange: Exchange
    ) throws -> PaymentChallenge {
        let isBundle = sellsBundles(intent, in: exchange)
        let scope = opaque(of: intent, PriceBinding(of: exchange), in: exchange)
        var challenge = PaymentChallenge(
            realm: terms.realm(of: exchange),
            method: Self.method,
            intent: intent,
            request: Base64.url.encoded(offer.request.canonical),
            digest: isBundle ? nil : digest ?? self.digest(ofUnitIn: exchange),
            expires: Timestamp.text(of: offer.expires),
            // A call carries its credential itself.
            header: exchange.speaksJSONRPC ? nil : terms.header,
            opaque: conversion.map { QuotedPrice.opaque(scope, with: $0) } ?? scope
        )
        let keyring = try mint.keyring()
        challenge.id = keyring.id(of: challenge)
        if intent == ChargeIntent.word, exchange.request.prefersHTML, exchange[PageKey.self] == nil, digest == nil,
            // The browser of the page comes back with one more.
            !exchange.speaksJSONRPC, !exchange.pricedFields.contains(FieldName(.cookie)),
            let payment = ChargeRequest.payment(of: offer.request)
        {
            let end = isBundle ? time.now().advanced(by: Self.bundlePageTime) : offer.expires
            let page = ChargePage(challengeID: challenge.id, payment: payment, end: end, opaque: scope)
            exchange[PageKey.self] = PageKey(text: keyring.text(of: page, for: .key), buysOneAnswer: !isBundle)
        }
        return challenge
    }

    /// What many requests draw from is bound to none of them.
    private func sellsBundles(_ intent: String, in exchange: Exchange) -> Bool {
        intent == ChargeIntent.word && exchange.route.isMetered
    }

    private func opaque(of intent: String, _ binding: PriceBinding, in exchange: Exchange) -> String {
        if sellsBundles(intent, in: exchange) { return PaymentScope(ofBundle: exchange.route.service).opaque }
        return PaymentScope(of: exchange, binding: binding, digestLimit: terms.digestLimit).opaque
    }

    /// The scope that one of this gateway would have for this request.
    ///
    /// - Parameter opaque: says itself what of the request its price was made of.
    private func scope(of opaque: String, _ intent: String, in exchange: Exchange) -> String {
        let scope = self.opaque(of: intent, PriceBinding(), in: exchange)
        if opaque.utf8.elementsEqual(scope.utf8) { return scope }
        let binding = PriceBinding(in: opaque)
        return binding == PriceBinding() ? scope : self.opaque(of: intent, binding, in: exchange)
    }

    /// The digest of a request body that says how short it is, one of unknown length may have no end, and of every one that
    /// was read for the price: otherwise what is paid for a cheap body would buy a dear one.
    private func digest(in exchange: Exchange) -> Eventually<String?> {
        // The credential of a call stands in the body: `PaymentScope` binds what else is in it.
        let isBound = !exchange.request.isGRPC && !exchange.speaksJSONRPC
        guard dependsOnBody(in: exchange) || isBound && isShort(exchange.request.body) else { return .now(nil) }
        return exchange.body(upTo: terms.digestLimit).map { isBound ? BodyDigest.text(of: $0) : nil }
    }

    /// What a session takes for a request of a metered route may depend on the body, which was read for that: of any framing.
    private func digest(ofUnitIn exchange: Exchange) -> String? {
        guard exchange.route.isMetered, exchange.isPricedByBody, exchange.request.body != .none,
            !exchange.request.isGRPC, !exchange.speaksJSONRPC,
            case .now(let body) = exchange.body(upTo: terms.digestLimit)
        else { return nil }
        return BodyDigest.text(of: body)
    }

    /// True where the price was made of the body; what requests draw from is charged for what each has used.
    private func dependsOnBody(in exchange: Exchange) -> Bool {
        guard !exchange.route.isMetered else { return false }
        return exchange[RequestJSON.self] != nil || exchange.isPricedByBody && exchange.request.body != .none
    }

    private func isShort(_ body: RequestHead.Body) -> Bool {
        guard case .length(let length) = body else { return false }
        return length > 0 && length <= UInt64(terms.digestLimit.bytes)
    }

    // MARK: Recognising

    package func credential(in exchange: Exchange) throws -> Eventually<Credential?> {
        guard let found = try PresentedCredential(in: exchange) else {
            return .now(try pageCredential(in: exchange))
        }
        let presented = found.credential
        let challenge = presented.challenge
        let intent = try intent(of: presented)
        guard challenge.header?.utf8.elementsEqual(found.field?.utf8 ?? "".utf8) ?? (found.field == nil) else {
            throw PaymentProblem.invalidChallenge.rejection(
                "the credential stands in another field than its challenge says",
                challengeID: found.id
            )
        }
        guard try mint.keyring().made(challenge) else {
            throw PaymentProblem.lightningUnknownChallenge.rejection(
                "the challenge was not issued by this server, or was changed",
                challengeID: found.id
            )
        }
        try checkPlace(of: found, in: exchange)
        let isExpired = try isExpired(found)
        // A bundle outlives its offer.
        if isExpired, !sellsBundles(intent.name, in: exchange) {
            throw intent.expired.rejection("the challenge has expired", challengeID: found.id)
        }
        return try body(of: found, in: exchange).map { () throws -> Credential? in
            let credential = try intent.credential(of: presented, in: exchange)
            exchange[Charge.self]?.isExpired = isExpired
            guard !revocations.contains(credential.id) else {
                throw Rejection(.revoked, "the credential was revoked")
            }
            return credential
        }
    }

    /// The credential of the cookies of payment pages: the first that is for this request. Those of other pages are none.
    private func pageCredential(in exchange: Exchange) throws -> Credential? {
        let pairs = PageCookie.pairs(of: Self.word, in: exchange.request.fields, upTo: Self.mostCookies)
        guard !pairs.isEmpty, let charge = intents.lazy.compactMap({ $0 as? ChargeIntent }).first else { return nil }
        let now = time.now()
        for pair in pairs {
            guard let page = try mint.keyring().page(pair.value, for: .pass), page.end > now,
                page.opaque.utf8.elementsEqual(scope(of: page.opaque, charge.name, in: exchange).utf8),
                let credential = charge.credential(of: page, cookie: pair.name, in: exchange),
                !revocations.contains(credential.id)
            else { continue }
            return credential
        }
        return nil
    }

    private func intent(of presented: PaymentCredential) throws -> any PaymentIntent {
        let challenge = presented.challenge
        guard challenge.method == Self.method, let intent = intents.first(where: { $0.name == challenge.intent }) else {
            throw PaymentProblem.methodUnsupported.rejection(
                "only \(intents.map { "\(Self.method)/\($0.name)" }.joined(separator: ", ")) is taken here"
            )
        }
        return intent
    }

    /// A holder of the secret made the challenge; that it was made for this request is another matter.
    private func checkPlace(of found: PresentedCredential, in exchange: Exchange) throws {
        let challenge = found.credential.challenge
        guard challenge.realm.utf8.elementsEqual(terms.realm(of: exchange).utf8), let opaque = challenge.opaque else {
            throw mismatch(of: found, in: exchange)
        }
        let scope = scope(of: opaque, challenge.intent, in: exchange)
        if opaque.utf8.elementsEqual(scope.utf8) { return }
        guard let quoted = QuotedPrice(in: opaque, beside: scope) else { throw mismatch(of: found, in: exchange) }
        exchange[QuotedPrice.self] = quoted
    }

    private func isExpired(_ found: PresentedCredential) throws -> Bool {
        guard let expires = found.credential.challenge.expires.flatMap({ Timestamp.time($0) }) else {
            throw PaymentProblem.invalidChallenge.rejection("the challenge has no end", challengeID: found.id)
        }
        return time.now() > expires
    }

    /// Waits for the body where the challenge is bound to one.
    private func body(of found: PresentedCredential, in exchange: Exchange) throws -> Eventually<Void> {
        guard let digest = found.credential.challenge.digest else { return .now(()) }
        // It was short enough: what is not, is another.
        if case .length(let length) = exchange.request.body, length > UInt64(terms.digestLimit.bytes) {
            throw mismatch(of: found, in: exchange)
        }
        return try exchange.body(upTo: terms.digestLimit).map { body in
            guard BodyDigest.text(of: body).utf8.elementsEqual(digest.utf8) else {
                throw mismatch(of: found, in: exchange)
            }
        }
    }

    /// The challenge is for another request. One that names the same idempotency key is a client's mistake, which paying
    /// again would not mend.
    private func mismatch(of found: PresentedCredential, in exchange: Exchange) -> Rejection {
        let key = IdempotencyKey(of: exchange.request)
        if let key, mint.answers.key(of: found.credential.challenge.id, at: time.now()) == key {
            return IdempotencyKey.conflict
        }
        return PaymentProblem.invalidChallenge.rejection(
            "the challenge does not match this route's requirements",
            challengeID: found.id
        )
    }

    // MARK: Taking

    package func redeem(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision> {
        guard let intent = presentedIntent(in: exchange) else {
            throw Rejection(.service, "the credential was not presented to this route")
        }
        return try intent.redeem(credential, in: exchange)
    }

    private func presentedIntent(in exchange: Exchange) -> (any PaymentIntent)? {
        exchange[PresentedIntent.self].flatMap { presented in intents.first { $0.name == presented.name } }
    }

    package func meterAccount(of credential: Credential, in exchange: Exchange) -> MeterAccount? {
        presentedIntent(in: exchange)?.meterAccount(in: exchange)
    }

    package func giveBack(_ credential: Credential, in exchange: Exchange) {
        presentedIntent(in: exchange)?.giveBack(in: exchange)
    }

    package func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        // The upstream knows nothing of payments.
        response.fields.remove(.paymentReceipt)
        response.fields.remove(.paymentSessionSecret)
        for intent in intents {
            intent.adjust(&response, of: exchange)
        }
        if exchange.request.fields.firstIndex(of: .paymentAuthorization) != nil {
            // A cache knows of `Authorization` only that its responses are somebody's own.
            CacheControl.makePrivate(&response)
        }
        moveReceipt(of: &response, in: exchange)
    }

    /// A client of JSON-RPC looks for the receipt in the answer to its call.
    private func moveReceipt(of response: inout ResponseHead, in exchange: Exchange) {
        guard let transport = exchange[CallTransport.self], let text = response.fields[.paymentReceipt],
            let receipt = Base64.url.decoded(text)
        else { return }
        let isMoved = exchange.insert(
            JSONRPCCall.receiptKey,
            String(decoding: receipt, as: UTF8.self),
            at: transport.metaPath,
            into: &response
        ) { [intents, weak exchange] isError in
            guard let exchange, let name = exchange[PresentedIntent.self]?.name,
                let intent = intents.first(where: { $0.name == name })
            else { return .now(()) }
            return intent.callAnswered(isError: isError, in: exchange)
        }
        if isMoved { response.fields.remove(.paymentReceipt) }
    }

    package func settle(_ exchange: Exchange, as outcome: Outcome) {
        for intent in intents {
            intent.settle(exchange, as: outcome)
        }
    }
}

/// The intent whose credential the exchange carries.
struct PresentedIntent {
    let name: String
}
