/// A caveat that everything carries which a scheme sells on a route.
public struct SoldCaveat: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        case text(String)
        /// A time so long after the sale.
        case after(Duration)
    }

    public let condition: String
    public let value: Value
    /// The setting that asks for it.
    public let place: Place

    public init(condition: String, value: Value, place: Place) {
        self.condition = condition
        self.value = value
        self.place = place
    }
}

/// What becomes of a caveat that is sold, where it is presented.
public enum SoldCaveatVerdict: Hashable, Sendable {
    /// Verified, and some requests fulfil it.
    case enforced
    /// Verified, and no request fulfils it. Says why, without the value: `is no path such as /v1`.
    case unfulfillable(String)
    /// Let pass without a look at it.
    case ignored
    /// Refused, because nothing understands it.
    case unknown
}

/// What one scheme sells on a route.
public struct Sale: Sendable {
    /// The word of the scheme.
    public let scheme: String
    public let caveats: [SoldCaveat]
    public let intents: [OfferedIntent]
    /// 0 is the lowest.
    public let tier: Int
    /// Whether a preimage is all that proves its payment.
    public let trustsPreimages: Bool

    public init(
        scheme: String,
        caveats: [SoldCaveat],
        intents: [OfferedIntent] = [],
        tier: Int = 0,
        trustsPreimages: Bool = true
    ) {
        self.scheme = scheme
        self.caveats = caveats
        self.intents = intents
        self.tier = tier
        self.trustsPreimages = trustsPreimages
    }
}
