package import GatewayKit
internal import GatewayRPC
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// `price: { use: grpc, address: 127.0.0.1:10010 }`: a price server says what each request costs.
///
/// Asked is for requests that nobody has paid for yet; a price is kept where the policy says so, and where the server gives
/// none, the policy says what happens.
package struct GRPCPricer: Pricer, Plugin {
    package static let word = "grpc"

    /// Shorter than what a person waits for.
    package static let usualTimeout = Duration.seconds(1)

    private let terms: PricerTerms
    private let inquiry: PriceInquiry
    private let cache: NIOLockedValueBox<PriceCache<EventLoopPromise<PriceFinding>>>?
    private let notices: OfferNotices?
    private let sourceName: String
    private let time: TimeSource
    package let tally: PriceCounts
    /// `nil` where the source keeps no account.
    package let meter: (any UsageMeter)?

    package init(
        _ terms: PricerTerms,
        source: any PriceSource,
        shadow: (any PriceSource)? = nil,
        _ services: Services
    ) {
        let tally = PriceCounts()
        self.terms = terms
        self.tally = tally
        inquiry = PriceInquiry(
            source,
            limit: terms.limit,
            hedge: terms.hedge,
            shadow: shadow.map { ShadowSource($0, counts: tally, logger: services.logger) },
            counts: tally
        )
        cache = terms.cache.map { NIOLockedValueBox(PriceCache($0)) }
        notices = terms.tellsOffers ? OfferNotices(source, counts: tally, logger: services.logger) : nil
        sourceName = source.name
        time = services.time
        meter = (source as? any UsageSource).map { source in
            PriceServerMeter(
                of: services.route,
                source,
                limit: terms.limit,
                body: terms.body,
                counts: tally,
                logger: services.logger
            )
        }
    }

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        let terms = PricerTerms(from: &settings)
        if let scripted = ScriptedPrices.part(of: services.parts) {
            self.init(terms, source: scripted, services)
            return
        }
        // A client is made of settings that hold; those that do not were noted.
        self.init(
            terms,
            source: PriceServer(try ServiceClients.client(terms.service, services)),
            shadow: try terms.shadow.map { PriceServer(try ServiceClients.client($0, services)) },
            services
        )
    }

    package var summary: String { "\(Self.word) \(terms.summary)" }

    /// A server may say that something is free.
    package var bounds: ListedPrice.Bounds { ListedPrice.Bounds(most: terms.limit.most) }

    package var counts: [(name: String, count: UInt64)] { tally.all }

    // MARK: Asking

    package func price(of exchange: Exchange) throws -> Eventually<Amount> {
        try terms.body.beginning(of: exchange).flatMap { try price(of: exchange, body: $0) }
    }

    private func price(of exchange: Exchange, body: ByteBuffer) throws -> Eventually<Amount> {
        terms.note(in: exchange)
        if notices?.areWanted == true { exchange[Asked.self] = Asked(body: body) }
        guard let cache, let cacheTerms = terms.cache else {
            let question = PriceQuestion(about: exchange, body: body)
            return try exchange.later { [inquiry] in PriceFinding(await inquiry.price(for: question)) }
                .flatMap { try amount(of: $0, in: exchange) }
        }
        let key = PriceKey(of: exchange.request, body: body, by: cacheTerms)
        let now = time.uptime()
        var waiter: EventLoopPromise<PriceFinding>?
        func wait() -> EventLoopPromise<PriceFinding> {
            let promise = exchange.eventLoop.makePromise(of: PriceFinding.self)
            waiter = promise
            return promise
        }
        switch cache.withLockedValue({ $0.step(for: key, wait(), at: now) }) {
        case .known(let amount):
            tally.add(.cached)
            exchange.looked(at: "price server", "not asked: its price is kept")
            return .now(amount)
        case .wait: tally.add(.joined)
        case .ask: ask(PriceQuestion(about: exchange, body: body), key, cache)
        }
        guard let waiter else { throw PriceFallback.refusal }
        return try Eventually.later(waiter.futureResult).flatMap { try amount(of: $0, in: exchange) }
    }

    /// Runs to its end, whatever becomes of the request that began it: others wait for the answer, too.
    private func ask(
        _ question: PriceQuestion,
        _ key: PriceKey,
        _ cache: NIOLockedValueBox<PriceCache<EventLoopPromise<PriceFinding>>>
    ) {
        Task { [inquiry, time] in
            let price = await inquiry.price(for: question)
            let now = time.uptime()
            let settled = cache.withLockedValue { $0.answered(key, with: try? price.get(), at: now) }
            let finding = PriceFinding(price, stale: settled.stale)
            for waiter in settled.waiters { waiter.succeed(finding) }
        }
    }

    // MARK: Concluding

    /// - Throws: the reply to the client where there is no price.
    private func amount(of finding: PriceFinding, in exchange: Exchange) throws -> Eventually<Amount> {
        let fault: PriceFault
        switch finding {
        case .price(let amount):
            exchange.looked(at: "price server", "\(sourceName) says \(amount)")
            return .now(amount)
        case .stale(let amount, let why) where !why.isWrong:
            tally.add(.stale)
            note(why, "an older price is used", in: exchange)
            return .now(amount)
        case .stale(_, let why), .none(let why):
            fault = why
        }
        switch terms.fallback {
        // What is wrong may stand for a price that is much higher: no other one takes its place.
        case .price(let amount) where !fault.isWrong:
            tally.add(.fallback)
            note(fault, amount == .zero ? "the request is free" : "the price is \(amount) instead", in: exchange)
            return .now(amount)
        case .refuse, .price:
            tally.add(.refused)
            note(fault, "the request is refused", in: exchange)
            throw PriceFallback.refusal
        }
    }

    private func note(_ fault: PriceFault, _ consequence: String, in exchange: Exchange) {
        exchange.looked(at: "price server", "\(fault); \(consequence)")
        exchange.logger.log(
            level: fault.isWrong ? .error : .warning,
            "there is no price that counts",
            metadata: ["reason": "\(fault)", "consequence": "\(consequence)"]
        )
    }

    // MARK: Telling

    /// What a notice of an offer shows of the request's body.
    private struct Asked {
        let body: ByteBuffer
    }

    package func offered(_ amount: Amount, for payment: PaymentHash, in exchange: Exchange) {
        guard let notices, notices.areWanted, let asked = exchange[Asked.self] else { return }
        notices.tell(
            PricedOffer(
                question: PriceQuestion(about: exchange, body: asked.body),
                service: exchange.route.service,
                token: payment.bytes,
                amount: amount
            )
        )
    }
}
