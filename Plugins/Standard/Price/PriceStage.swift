package import GatewayKit
internal import HTTPTypes
internal import Logging

/// Lets through what is paid for or free; asks for payment of anything else, by every scheme of the route's `auth`.
///
/// A paid request asks neither the pricer nor the node: with the node down, what was sold is still served.
package struct PriceStage: StagePlugin {
    package static let word = "price"
    package static let reads: [StageInput] = [.credential]
    package static let provides: [StageInput] = [.price]

    package static let defaultExpiry = Duration.seconds(3_600)

    package let pricer: any Pricer
    private let expiry: Duration
    private let invoices: InvoiceMaker
    private let unsold: UnsoldPaths
    private let tier: Int
    /// `nil` where a payment is not drawn from.
    let metering: Metering?

    /// - Parameters:
    ///   - expiry: how long an offer and its invoice stand.
    ///   - unsold: where no offer is made.
    ///   - tier: which tier of the service is sold, for people to read.
    ///   - metering: draws from what is paid for.
    package init(
        _ pricer: any Pricer,
        expiry: Duration = Self.defaultExpiry,
        invoices: InvoiceMaker,
        unsold: UnsoldPaths = .none,
        tier: Int = 0,
        metering: Metering? = nil
    ) {
        self.pricer = pricer
        self.expiry = expiry
        self.invoices = invoices
        self.unsold = unsold
        self.tier = tier
        self.metering = metering
    }

    /// `10 sat`, or a pricer as plugins are named. Beside `use` stand keys of the stage's own, for every pricer: `expiry`,
    /// `skip-invoice`, `node`, `metered` and `usage-tail`.
    package init(from settings: inout PolicyReader, _ services: Services) throws {
        let whole = settings.whole()
        var pricer: (any Pricer)?
        var expiry = Self.defaultExpiry
        var unsold = UnsoldPaths.none
        var metering: Metering?
        var lightning = services.lightning
        let form = "a price such as 10 sat or 0.02 USD, or a pricer such as { use: static, amount: 10 sat }"
        switch whole.content {
        case .text, .reference:
            pricer = settings.price(of: whole, named: "'price'", expected: form, services)
                .map { StaticPricer($0, by: services.rates) }
        case .map(let entries) where settings.contains("use") || settings.contains(RulePricer.word):
            expiry = settings.duration("expiry", or: Self.defaultExpiry)
            // An hour is usual; nodes refuse invoices that stand longer than a year.
            if expiry < .seconds(1) || expiry > .seconds(365 * 86_400) {
                settings.note(settings.error(at: "expiry", "should be from 1s to 365d"))
            }
            unsold = UnsoldPaths(from: &settings)
            lightning = Self.nodes(from: &settings, services)
            let ownKeys = ["expiry", UnsoldPaths.key, Self.nodeKey] + Metering.keys
            let own = PolicyNode(.map(entries.filter { !ownKeys.contains($0.key) }), at: whole.place)
            pricer =
                settings.contains("use") ? services.pricer(own, in: settings) : Self.rules(own, in: settings, services)
            metering = Metering(of: pricer, from: &settings, services)
        case .map(let entries) where entries.count == 1 && !settings.contains("amount"):
            pricer = services.pricer(whole, in: settings)
            metering = pricer?.isAlwaysMetered == true ? Metering(of: pricer, from: &settings, services) : nil
        case .map, .list, .empty:
            settings.note(whole.place, "'price' should be \(form)")
        }
        self.init(
            pricer ?? StaticPricer(.zero),
            expiry: expiry,
            invoices: InvoiceMaker(
                lightning: lightning,
                store: services.store,
                time: services.time,
                budget: services.invoiceBudget,
                check: services.invoiceCheck
            ),
            unsold: unsold,
            tier: services.sales.all.map(\.tier).max() ?? 0,
            metering: metering
        )
    }

    private static let nodeKey = "node"

    /// Who makes the invoices of this route: some nodes of a pool, where it names them.
    private static func nodes(from settings: inout PolicyReader, _ services: Services) -> any LightningBackend {
        let names = settings.texts(nodeKey)
        if let nodes = services.lightning.members(names) { return nodes }
        let known = services.lightning.memberNames
        let expected =
            known.isEmpty
            ? "stands where 'lightning' is a pool"
            : "should be of the nodes of the pool: \(known.joined(separator: ", "))"
        settings.note(settings.error(at: nodeKey, expected))
        return services.lightning
    }

    /// Prices by rule need no `use`.
    private static func rules(
        _ node: PolicyNode,
        in settings: PolicyReader,
        _ services: Services
    ) -> RulePricer? {
        var reader = settings.reader(for: node, word: word)
        defer { reader.finish() }
        return try? RulePricer(from: &reader, services)
    }

    package var summary: String { terms + (tier == 0 ? "" : ", for tier \(tier)") + unsold.summary }

    /// Where no offer is made, nothing is sold on other terms.
    package var terms: String {
        let price = pricer.summary.isEmpty ? "asked for" : pricer.summary
        let offers = expiry == Self.defaultExpiry ? "" : ", offers stand \(expiry.formattedForPolicy)"
        return price + (isMetered ? ", metered" : "") + offers
    }

    package var listedPrice: ListedPrice? {
        if let tokens = pricer as? TokenPricer { return .bundle(tokens.bundlePrice) }
        let price = (pricer as? StaticPricer)?.price ?? (pricer as? RulePricer)?.fixedPrice
        return price.map { ListedPrice($0) } ?? .asked(pricer.bounds)
    }

    package var isFreeForSome: Bool { (pricer as? RulePricer)?.isFreeForSome ?? false }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        if let credential = exchange.credential, exchange.uncheckedRejection == nil {
            if credential.redemption == .none || exchange.isRedeemed {
                exchange.looked(at: "credential", "paid for with '\(credential.scheme)', good for many requests")
                return try admitted(credential, in: exchange)
            }
            exchange.looked(at: "credential", "paid for with '\(credential.scheme)', to be taken now")
            return try redeem(credential, in: exchange)
        }
        return try ask(in: exchange)
    }

    // MARK: Shadow

    /// Asks for the price, and neither takes a payment nor makes an invoice.
    package func preview(_ exchange: Exchange) throws -> Eventually<Decision> {
        if exchange.credential != nil, exchange.uncheckedRejection == nil {
            exchange.looked(at: "payment", "presented; whether it was used before is not looked up in shadow")
            return .now(.next)
        }
        return try pricer.price(of: exchange).map { amount in
            exchange.looked(at: "price", "\(amount)")
            guard amount > .zero else { return .next }
            let problem =
                exchange.unresolvedRejection?.problem
                ?? Problem.payment("payment-required", title: "Payment Required", detail: "it would cost \(amount)")
            return .reply(Reply(exchange.unresolvedRejection?.status ?? Self.paymentRequired, problem))
        }
    }

    /// Nothing is sold.
    package func standAside(_ exchange: Exchange) {
        exchange[Conversion.self] = nil
        Self.forgetUnresolved(in: exchange)
    }

    /// Nothing is sold, so nothing was refused, and a credential that nobody has checked stands for nothing.
    private static func forgetUnresolved(in exchange: Exchange) {
        guard exchange.unresolvedRejection != nil else { return }
        exchange.credential = nil
        exchange.rejection = nil
    }

    // MARK: Taking

    /// The payment is taken last: not while there is nobody to serve it, and when its store does not answer, not at all.
    private func redeem(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision> {
        if credential.redemption != .instead, exchange.route.stages.last?.upstream?.isAvailable == false {
            return .now(.reply(Self.nobodyServes))
        }
        guard let recogniser = exchange.recogniser else {
            return .now(.reply(Reply(.internalServerError, detail: "nobody knows how to take this payment")))
        }
        let redeemed: Eventually<Result<Decision, any Error>>
        do {
            redeemed = try recogniser.redeem(credential, in: exchange).map { .success($0) }.recover { .failure($0) }
        } catch {
            redeemed = .now(.failure(error))
        }
        return try redeemed.flatMap { try continued($0, with: credential, in: exchange) }
    }

    private func continued(
        _ redeemed: Result<Decision, any Error>,
        with credential: Credential,
        in exchange: Exchange
    ) throws -> Eventually<Decision> {
        switch redeemed {
        case .success(.next):
            exchange.isRedeemed = true
            invoices.noteTaken(credential.payment)
            return try admitted(credential, in: exchange)
        case .success(let decision):
            return .now(decision)
        case .failure(let rejection as Rejection):
            exchange.credential = nil
            exchange.rejection = rejection
            return try ask(in: exchange)
        case .failure(let reply as Reply):
            return .now(.reply(reply))
        case .failure(let error):
            exchange.logger.error("cannot take a payment", metadata: ["reason": "\(error)"])
            var problem = Problem.payment(
                "internal-payment-error",
                title: "Internal Payment Error",
                detail: "payments cannot be taken right now, and none is used up; please try again later"
            )
            problem.members.append(.init("reason", "unavailable"))
            var reply = Reply(.serviceUnavailable, problem)
            reply.fields.add(.retryAfter, "5")
            return .now(.reply(reply))
        }
    }

    private static var nobodyServes: Reply {
        var reply = Reply(.serviceUnavailable, detail: "the service behind the gateway is down; nothing was taken")
        reply.fields.add(.retryAfter, "5")
        return reply
    }

    // MARK: Selling

    func ask(in exchange: Exchange) throws -> Eventually<Decision> {
        let price = try pricer.price(of: exchange)
        // Not `flatMap` here: its closure would be the only allocation of a free request.
        if case .now(let amount) = price { return try sell(for: amount, in: exchange) }
        return try price.flatMap { try sell(for: $0, in: exchange) }
    }

    func sell(for amount: Amount, in exchange: Exchange) throws -> Eventually<Decision> {
        exchange.looked(at: "price", "\(amount)")
        if amount == .zero {
            Self.forgetUnresolved(in: exchange)
            return .now(.next)
        }
        // The browser that asks shows no credential, whatever it has: an offer would be of no use to it.
        if exchange.request.preflightMethod != nil {
            return .now(.reply(Reply(.forbidden, detail: "this route is not for pages of other origins")))
        }
        if let rejection = exchange.rejection, rejection.status.code != 402 {
            return .now(.reply(Reply(rejection.status, rejection.problem)))
        }
        guard !exchange.schemes.isEmpty else {
            return .now(.reply(Reply(.internalServerError, detail: "this route has a price and no way to pay it")))
        }
        if exchange.credential == nil, exchange.rejection == nil,
            exchange.schemes.contains(where: { !$0.takesPayments })
        {
            if exchange.route.stages.last?.upstream?.isAvailable == false { return .now(.reply(Self.nobodyServes)) }
            return try waived(from: 0, in: exchange).flatMap { isWaived in
                exchange.looked(at: "let through for nothing", isWaived ? "yes" : "no")
                return try isWaived ? .now(.next) : offer(for: amount, in: exchange)
            }
        }
        return try offer(for: amount, in: exchange)
    }

    /// The schemes one after the other: what one lets through, the next does not count.
    private func waived(from first: Int, in exchange: Exchange) throws -> Eventually<Bool> {
        for index in first..<exchange.schemes.count {
            switch try exchange.schemes[index].waivesPrice(of: exchange) {
            case .now(true): return .now(true)
            case .now(false): continue
            case .later(let future):
                return try Eventually.later(future).flatMap { isWaived in
                    try isWaived ? .now(true) : waived(from: index + 1, in: exchange)
                }
            }
        }
        return .now(false)
    }

    private func offer(for amount: Amount, in exchange: Exchange) throws -> Eventually<Decision> {
        if unsold.contains(exchange.request) { return .now(.reply(unsold.refusal(of: exchange))) }
        if isMetered, exchange.request.opensWebSocket { return .now(.reply(Metering.refusalOfWebSockets)) }
        let amount = try Self.wholeSatoshis(amount, in: exchange)
        let quote = Quote(
            amount: amount,
            expiresIn: expiry,
            isShared: exchange.schemes.count(where: \.takesPayments) > 1,
            conversion: exchange[Conversion.self],
            sessionOffer: metering.map { metering in { try metering.meter.sessionOffer(in: exchange) } }
        ) {
            [invoices, expiry] amount in
            invoices.invoice(for: amount, expiresIn: expiry, heldBy: Self.holdingDesk(for: exchange), in: exchange)
        }
        let reply: Eventually<Reply>
        do {
            reply = try challenges(for: quote, from: 0, in: exchange, after: []).flatMap { challenges in
                try told(of: challenges, for: quote, in: exchange).map { _ in
                    Self.paymentRequired(of: quote, challenges, in: exchange)
                }
            }.recover { error in
                try Self.unpayable(error, quote, in: exchange)
            }
        } catch {
            reply = .now(try Self.unpayable(error, quote, in: exchange))
        }
        guard exchange.request.prefersHTML, !exchange.speaksJSONRPC else { return reply.map { .reply($0) } }
        return reply.flatMap { Self.page($0, of: quote, in: exchange).map { .reply($0) } }
    }

    /// Who holds the payment for the answer; `nil` where some way to pay is proved by the preimage alone.
    private static func holdingDesk(for exchange: Exchange) -> (any HoldingDesk)? {
        let desks = exchange.schemes.filter(\.takesPayments).map { $0.holdingDesk(for: exchange) }
        return desks.allSatisfy { $0 != nil } ? desks.first ?? nil : nil
    }

    /// The reply as a page, where there is something to pay or to do.
    private static func page(_ reply: Reply, of quote: Quote, in exchange: Exchange) -> Eventually<Reply> {
        let invoice: Eventually<Invoice?> = quote.offered?.map { $0 }.recover { _ in nil } ?? .now(nil)
        return invoice.flatMap { invoice in
            PaymentPage(of: invoice, for: quote.amount, in: exchange)?.reply(reply, in: exchange) ?? .now(reply)
        }
    }

    /// The answer where no payment can be taken: 401 with what else there is to offer, or 503.
    ///
    /// - Throws: a `Reply`, when a scheme gave one of its own.
    private static func unpayable(_ error: any Error, _ quote: Quote, in exchange: Exchange) throws -> Reply {
        let reply = try cannotSell(error, in: exchange)
        var lines = [String]()
        for scheme in exchange.schemes where !scheme.takesPayments {
            // What would take a while is not worth it.
            guard case .now(let challenge) = try scheme.challenge(for: quote, in: exchange) else { continue }
            lines += challenge.lines
        }
        guard !lines.isEmpty, var problem = exchange.unresolvedRejection?.problem ?? reply.problem else { return reply }
        problem.title = "Unauthorized"
        var offer = Reply(.unauthorized, problem, fields: reply.fields)
        for line in lines {
            offer.fields.add(.wwwAuthenticate, line)
        }
        offer.fields.add(.cacheControl, "no-store")
        offer.fields.add(FieldName(.vary), "Accept")
        return offer
    }

    /// The price in the unit of the wires that offer it.
    private static func wholeSatoshis(_ amount: Amount, in exchange: Exchange) throws -> Amount {
        guard exchange.schemes.contains(where: \.sellsWholeSatoshis) else { return amount }
        guard let rounded = Amount.satoshis(amount.satoshisRoundedUp) else {
            throw Reply(.internalServerError, detail: "the price of this is no amount that can be paid")
        }
        return rounded
    }

    /// The offers of all schemes, one scheme after the other: in a fixed order, and with one invoice for all of them.
    private func challenges(
        for quote: Quote,
        from first: Int,
        in exchange: Exchange,
        after earlier: [Challenge]
    ) throws -> Eventually<[Challenge]> {
        var challenges = earlier
        for index in first..<exchange.schemes.count {
            let challenge = try exchange.schemes[index].challenge(for: quote, in: exchange)
            guard case .now(let made) = challenge else {
                let before = challenges
                return try challenge.flatMap { made in
                    try self.challenges(for: quote, from: index + 1, in: exchange, after: before + [made])
                }
            }
            challenges.append(made)
        }
        return .now(challenges)
    }

    /// Where the price is metered, the meter learns whom to expect before anybody pays; otherwise the pricer learns what was
    /// made of its price, and nobody waits for that.
    private func told(of challenges: [Challenge], for quote: Quote, in exchange: Exchange) throws -> Eventually<Void> {
        if let metering {
            return try metering.meter.offered(challenges.flatMap(\.accounts), for: quote.amount, in: exchange)
        }
        // It is there by now, where one was asked for.
        quote.offered?.whenComplete { invoice in
            guard let invoice = try? invoice.get() else { return }
            pricer.offered(quote.amount, for: invoice.paymentHash, in: exchange)
        }
        return .now(())
    }

    private static func paymentRequired(
        of quote: Quote,
        _ challenges: [Challenge],
        in exchange: Exchange
    ) -> Reply {
        guard challenges.contains(where: { !$0.lines.isEmpty }) else {
            return challenges.lazy.compactMap(\.refusal).first
                ?? Reply(.internalServerError, detail: "this route has a price and no way to pay it")
        }
        var fields = Fields()
        for line in challenges.flatMap(\.lines) {
            fields.add(.wwwAuthenticate, line)
        }
        fields.add(.cacheControl, "no-store")
        fields.add(FieldName(.vary), "Accept")
        var problem =
            exchange.unresolvedRejection?.problem
            ?? Problem.payment(
                "payment-required",
                title: "Payment Required",
                detail: "'\(exchange.route.service)' costs \(quote.amount)"
                    + (quote.conversion.map { " (\($0.price))" } ?? "")
            )
        for member in challenges.flatMap(\.members) where !problem.members.contains(where: { $0.name == member.name }) {
            problem.members.append(member)
        }
        // Where nothing can be paid, what is asked for is a credential.
        let isForSale = zip(exchange.schemes, challenges).contains { $0.takesPayments && !$1.lines.isEmpty }
        var reply = Reply(isForSale ? paymentRequired : .unauthorized, problem, fields: fields)
        reply.offers = challenges.flatMap(\.objects)
        return reply
    }

    private static let paymentRequired = HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
}
