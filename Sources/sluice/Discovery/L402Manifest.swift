internal import GatewayKit
internal import GatewayPolicy
internal import HTTPTypes
internal import L402

/// `/.well-known/l402.json`: the services that are sold for L402 tokens at prices that are known, and the caveats that
/// those carry (lightninglabs/L402, discovery-spec §5, version 1.0).
struct L402Manifest: Encodable {
    static let version = "1.0"

    struct Resource: Encodable {
        /// `nil`: a regular expression, which has no template.
        let path: String?
        let method: String
        let pricing: L402Pricing
    }

    struct Service: Encodable {
        let name: String
        /// What a body calls, where that decides.
        let description: String?
        var resources: [Resource]
    }

    let version = Self.version
    let provider: [String: String]
    let currencies = ["msat"]
    /// Of the identifiers of macaroons.
    let macaroonVersions = [0]
    let paymentMethods = ["bolt11"]
    let openapi = DiscoveryStage.Document.openAPI.rawValue
    let services: [Service]
    let caveats: [String: L402Caveat]

    enum CodingKeys: String, CodingKey {
        case version, provider, currencies, openapi, services, caveats
        case macaroonVersions = "macaroon_versions"
        case paymentMethods = "payment_methods"
    }

    init(_ entries: [DiscoveryCatalog.Entry], host: String, origin: String) {
        provider = ["name": host, "uri": origin]
        let sold = entries.filter { $0.offer.schemes.contains(L402Scheme.word) }
        var services = [Service]()
        for entry in sold {
            guard let pricing = L402Pricing(entry) else { continue }
            let resources = entry.listedMethods.map { Resource(path: entry.path, method: $0, pricing: pricing) }
            if let index = services.firstIndex(where: { $0.name == entry.service }) {
                services[index].resources += resources
            } else {
                let description = entry.call.map(\.description)
                services.append(Service(name: entry.service, description: description, resources: resources))
            }
        }
        self.services = services
        caveats = L402Caveat.vocabulary(of: sold)
    }
}
