internal import GatewayPolicy

/// How a caveat is encoded, and how a later one may narrow it (L402 discovery-spec §5.5).
struct L402Caveat: Encodable {
    let type: String
    let attenuation: String?

    init(_ condition: String) {
        if condition == "services" {
            (type, attenuation) = ("service_list", "subset")
        } else if condition.hasSuffix("_capabilities") {
            (type, attenuation) = ("string", "subset")
        } else if condition.hasSuffix("_valid_until") {
            (type, attenuation) = ("timestamp", "earlier")
        } else {
            (type, attenuation) = ("string", nil)
        }
    }

    /// The caveats that tokens for these carry.
    static func vocabulary(of entries: [DiscoveryCatalog.Entry]) -> [String: L402Caveat] {
        let conditions = entries.flatMap(\.offer.conditions)
        return Dictionary(conditions.map { ($0, L402Caveat($0)) }) { first, _ in first }
    }
}
