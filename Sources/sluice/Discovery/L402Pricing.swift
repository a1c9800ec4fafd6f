/// What a resource costs (L402 discovery-spec §5.4.2). Only what is known before anybody asks has one: for a price that
/// depends on the request the specification wants an endpoint that quotes it.
struct L402Pricing: Encodable {
    let model = "fixed"
    let price: UInt64

    enum CodingKeys: String, CodingKey {
        case model
        case price = "price_msat"
    }

    init?(_ entry: DiscoveryCatalog.Entry) {
        guard let price = entry.millisatoshis else { return nil }
        self.price = price
    }
}
