package import GatewayKit
internal import Standard

/// What a file says of prices: each model's rates by direction, and what bundles are.
///
/// ```yaml
/// models:
///   small: { input: 1 msat, output: 2 msat }
///   large: { input: 15 sat/1k, output: 45 sat/1k, bundle: 200k }
/// default: small
/// ```
package struct PriceList: Hashable, Sendable {
    package static let word = "prices"

    package var models: [String: ModelRates]
    /// The model of requests that name none; `nil`: they have no price.
    package var standard: String?
    /// How long the report of a request is awaited before what was reserved for it is given back.
    package var reservationTime = Duration.seconds(3_600)
    /// How long a bundle is kept that nobody has drawn from. Longer than tokens are good for: it may be paid for.
    package var unusedTime = Duration.seconds(30 * 86_400)

    package init(models: [String: ModelRates], standard: String? = nil) {
        self.models = models
        self.standard = standard
    }

    package init(from settings: inout PolicyReader) {
        self.init(models: [:])
        let bundle = settings.bundle(or: "1M")
        let reserve = settings.reserve(or: TokenCount(TokenPricer.usualReserve))
        if var section = settings.section("models") {
            for entry in section.freeEntries() {
                var reader = section.reader(for: entry.value, word: entry.key)
                models[entry.key] = ModelRates(from: &reader, bundle: bundle, reserve: reserve)
                reader.finish()
            }
        }
        if models.isEmpty {
            settings.note(
                settings.error(at: "models", "should name at least one: { small: { input: 1 msat, output: 2 msat } }")
            )
        }
        if settings.contains("default") {
            let name = settings.text("default")
            standard = name
            if models[name] == nil {
                let hint = Guess.hint(for: name, among: models.keys)
                settings.note(settings.error(at: "default", "should be one of 'models', not '\(name)'\(hint)"))
            }
        }
        reservationTime = Self.time("reservations", from: &settings, or: reservationTime)
        unusedTime = Self.time("unused", from: &settings, or: unusedTime)
    }

    private static func time(_ key: String, from settings: inout PolicyReader, or usual: Duration) -> Duration {
        let time = settings.duration(key, or: usual)
        if time < .seconds(1) || time > .seconds(10 * 365 * 86_400) {
            settings.note(settings.error(at: key, "should be from 1s to 3650d"))
        }
        return time
    }

    /// The rates of the model that a request names.
    ///
    /// - Throws: for one that is not in the list: it is not sold at another one's price.
    package func rates(for request: PricedRequest) throws(PriceRefusal) -> ModelRates {
        guard let name = request.model ?? standard else { throw PriceRefusal("the request names no model") }
        guard let rates = models[name] else { throw PriceRefusal("the request names a model that has no price") }
        return rates
    }
}
