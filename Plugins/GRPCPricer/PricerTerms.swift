internal import GatewayKit
package import GatewayRPC

/// What a policy says of a price server, and of what is made of its answers.
package struct PricerTerms: Sendable {
    package var service: ServiceSettings
    package var limit = PriceLimit()
    package var fallback = PriceFallback.refuse
    package var cache: CacheTerms?
    package var hedge: Duration?
    package var shadow: ServiceSettings?
    package var body = BodyBound.usual
    package var tellsOffers = true

    package init(service: ServiceSettings) {
        self.service = service
    }

    init(from settings: inout PolicyReader) {
        self.init(service: ServiceSettings(from: &settings, timeout: GRPCPricer.usualTimeout))
        limit = PriceLimit(most: settings.amount("max", or: PriceLimit.usual))
        fallback = PriceFallback(from: &settings)
        cache = CacheTerms.one(from: &settings)
        body = BodyBound(from: &settings)
        tellsOffers = settings.flag("tell-offers", or: true)
        readHedge(from: &settings)
        readShadow(from: &settings)
        if case .price(let amount) = fallback, amount > limit.most {
            settings.note(settings.error(at: "fallback", "should not be more than 'max', \(limit.most)"))
        }
    }

    private mutating func readHedge(from settings: inout PolicyReader) {
        guard settings.node("hedge") != nil else { return }
        let time = settings.timeout("hedge", or: .milliseconds(100))
        if time >= service.timeout {
            let timeout = service.timeout.formattedForPolicy
            settings.note(settings.error(at: "hedge", "should be shorter than 'timeout', \(timeout)"))
        }
        hedge = time
    }

    private mutating func readShadow(from settings: inout PolicyReader) {
        guard var reader = settings.section("shadow") else { return }
        defer { reader.finish() }
        let shadow = ServiceSettings(from: &reader, timeout: service.timeout)
        if !shadow.addresses.isEmpty, shadow.addresses == service.addresses {
            reader.note(reader.error(at: "address", "is the price server's own: it would be compared with itself"))
        }
        self.shadow = shadow
    }

    /// What is sold at the price is sold for this body, or for none, and for the fields that the policy names.
    func note(in exchange: Exchange) {
        if body.isShown(of: exchange.request) { exchange.isPricedByBody = true }
        exchange.notePrice(by: [.host] + (cache?.fields ?? []))
    }

    /// Behind the word.
    var summary: String {
        var parts = ["\(service.name)", "at most \(limit.most)"]
        if let cache { parts.append(cache.summary) }
        parts.append(fallback == .refuse ? "else refused" : "else \(fallback)")
        if let shadow { parts.append("beside \(shadow.name)") }
        return parts.joined(separator: ", ")
    }
}
