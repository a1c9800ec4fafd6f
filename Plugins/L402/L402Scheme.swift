package import GatewayKit

/// `l402`: sells macaroons for Lightning payments and recognises them again (L402 protocol spec).
package struct L402Scheme: AuthScheme, Plugin {
    package static let word = "l402"

    private let mint: Mint
    private let terms: L402Terms
    private let time: TimeSource
    private let revocations: RevocationList
    private let store: any Store
    private let lightning: any LightningBackend
    private let settlements: SettlementNews
    private let cookie: PageCookie

    package init(from settings: inout PolicyReader, _ services: Services) {
        mint = Mint.of(dataFolder: services.dataFolder)
        terms = L402Terms(from: &settings, service: services.service)
        time = services.time
        revocations = services.revocations
        store = services.store
        lightning = services.lightning
        settlements = services.settlements
        cookie = Keyring.pageCookie(of: services.service)
    }

    /// Reads the keyring, or makes it, before the first request needs it.
    package static func prepare(dataFolder: String) throws(StartFailure) {
        _ = try Mint.of(dataFolder: dataFolder).keyring()
    }

    // MARK: Concealing

    /// Removes the `Authorization` lines that hold one, and the fields of lnd's clients unless what they hold is
    /// certainly a macaroon of the upstream's own; takes the cookies of payment pages out of `Cookie`.
    package static func conceal(in exchange: Exchange) {
        PageCookie.conceal(in: exchange)
        let fields = exchange.request.fields
        for line in fields.lines.indices {
            let known = fields.lines[line].known
            let isOurs =
                if known == .authorization {
                    fields.withValue(at: line, AuthorizationReader.finds(in:))
                } else if isMacaroonField(known) {
                    fields.withValue(at: line, Mint.mayBeL402(hexDigits:))
                } else {
                    false
                }
            if isOurs {
                exchange.edits.removeLine(line)
            }
        }
    }

    // MARK: Selling

    package var soldCaveats: [SoldCaveat] { terms.caveats }

    package var soldTier: Int { terms.tier }

    package var trustsPreimages: Bool { terms.verification == .preimage }

    package var summary: String { terms.tier == 0 ? "" : "tier \(terms.tier)" }

    package func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge> {
        try quote.invoice().map { [mint, terms, time] invoice in
            let caveats = terms.texts(at: time.now())
            let made = try mint.macaroon(for: invoice.paymentHash, caveats: caveats, isShared: quote.isShared)
            if exchange.request.prefersHTML {
                exchange[PageKey.self] = try mint.keyring().pageKey(of: made)
            }
            let macaroon = made.base64
            let offer = "macaroon=\"\(macaroon)\", invoice=\"\(invoice.bolt11)\""
            // LSAT first, for clients that read the first line only; what clients search for begins with these two
            // parameters, so newer ones stand behind them.
            var challenge = Challenge(lines: [
                "LSAT \(offer)", "L402 \(offer), version=\"0\", token=\"\(macaroon)\"",
            ])
            if exchange.route.isMetered, let token = L402Identifier(made.identifier)?.tokenID {
                challenge.accounts = [MeterAccount(form: .token, id: token, payment: invoice.paymentHash)]
            }
            return challenge
        }
    }

    /// Without a macaroon and an invoice no client takes it for an offer.
    package func challenge(in exchange: Exchange) -> Challenge {
        Challenge(lines: ["L402 realm=\"\(exchange.route.service)\""])
    }

    // MARK: Taking

    /// A token is good for more than one request, and its payment for one token: where the invoice was offered for
    /// something else too, the first request takes the payment. Where the node is to say that it has arrived, it is asked
    /// before anything is taken.
    package func redeem(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision> {
        let payment = credential.payment
        let isUnsettled = isUnsettled(payment)
        let isUntaken = exchange[UnsettledToken.self]?.isShared != false && !mint.taken.contains(payment)
        guard isUnsettled || isUntaken else { return .now(.next) }
        return exchange.later { [self, id = credential.id] in
            if isUnsettled {
                guard try await isSettled(payment) else {
                    throw Rejection(
                        .unsettled,
                        "the payment has not arrived yet; nothing was taken, and the same credential may be sent again"
                    )
                }
                mint.settled.insert(payment)
            }
            if isUntaken {
                guard try await store.claim(payment, for: Self.word, by: id) != .foreign else {
                    throw Rejection(.used, "the payment of the credential was used in another way")
                }
                mint.taken.insert(payment)
            }
            return .next
        }
    }

    private func isUnsettled(_ payment: PaymentHash) -> Bool {
        terms.verification == .node && !mint.settled.contains(payment)
    }

    /// The node need not be asked for what it has told already.
    private func isSettled(_ payment: PaymentHash) async throws -> Bool {
        if settlements.knows(payment) { return true }
        if try await store.invoice(payment)?.state == .settled { return true }
        return try await settlements.isSettledSoon(payment, at: lightning)
    }

    /// A token for whose payment the node is still to be asked.
    private struct UnsettledToken {
        /// Whether its payment must be taken as well.
        let isShared: Bool
    }

    // MARK: Recognising

    package func credential(in exchange: Exchange) throws -> Eventually<Credential?> {
        guard
            let credential = try authorization(in: exchange) ?? macaroonField(in: exchange)
                ?? cookie.text(in: exchange.request.fields).map(mint.credential(ofPage:))
        else { return .now(nil) }
        guard !revocations.contains(credential.id) else {
            throw Rejection(.revoked, "the credential was revoked")
        }
        guard isUnsettled(credential.payment) else { return .now(credential) }
        exchange[UnsettledToken.self] = UnsettledToken(isShared: credential.redemption != .none)
        return .now(
            Credential(
                scheme: credential.scheme,
                id: credential.id,
                payment: credential.payment,
                caveats: credential.caveats,
                redemption: .first
            )
        )
    }

    /// The credential of the `Authorization` lines. Their order never matters: all that are ours must say the same.
    private func authorization(in exchange: Exchange) throws -> Credential? {
        let fields = exchange.request.fields
        var found: (line: Int, credential: AuthorizationReader.Credential)?
        var isMalformed = false
        var agree = true
        for line in fields.lines.indices where fields.lines[line].known == .authorization {
            fields.withValue(at: line) { value in
                var reader = AuthorizationReader(value)
                while let finding = reader.next() {
                    switch finding {
                    case .malformed: isMalformed = true
                    case .credential(let credential):
                        guard let first = found else {
                            found = (line, credential)
                            break
                        }
                        let isSame = fields.withValue(at: first.line) { firstValue in
                            firstValue[first.credential.whole].elementsEqual(value[credential.whole])
                        }
                        agree = agree && isSame
                    }
                }
            }
        }
        guard found != nil || isMalformed else { return nil }
        guard !isMalformed, let found else {
            throw Rejection(.malformed, "an L402 credential is a macaroon in base64, ':' and 64 hexadecimal digits")
        }
        guard agree else {
            throw Rejection(.malformed, "the request carries L402 credentials that differ")
        }
        return try fields.withValue(at: found.line) { try mint.credential(of: found.credential, in: $0) }
    }

    /// The credential of `Grpc-Metadata-Macaroon` and `Macaroon`, the forms of lnd's clients.
    private func macaroonField(in exchange: Exchange) throws -> Credential? {
        let fields = exchange.request.fields
        var found: (line: Int, credential: Credential)?
        var failure: (any Error)?
        for line in fields.lines.indices where Self.isMacaroonField(fields.lines[line].known) {
            do {
                guard let credential = try fields.withValue(at: line, { try mint.credential(ofHexDigits: $0) }) else {
                    continue
                }
                if let first = found, !Self.isSame(fields, first.line, line) {
                    failure = failure ?? Rejection(.malformed, "the request carries L402 credentials that differ")
                }
                found = (line, credential)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return found?.credential
    }

    private static func isMacaroonField(_ field: KnownField) -> Bool {
        field == .grpcMetadataMacaroon || field == .macaroon
    }

    private static func isSame(_ fields: Fields, _ first: Int, _ second: Int) -> Bool {
        fields.withValue(at: first) { first in fields.withValue(at: second) { first.elementsEqual($0) } }
    }
}
