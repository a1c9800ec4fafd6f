internal import GatewayKit
internal import GatewayPolicy
internal import HTTPTypes
internal import L402

/// `/.well-known/l402.json`: the services that are sold for L402 tokens, and the caveats that those carry (L402
/// discovery-spec, version 1.0).
struct L402Manifest: Encodable {
    struct Endpoint: Encodable {
        /// Empty: every method.
        let methods: [String]
        let path: String
    }

    struct Service: Encodable {
        let name: String
        /// `null`: the 402 says.
        let price: UInt64?
        var endpoints: [Endpoint]
        let caveats: [String]

        enum CodingKeys: String, CodingKey {
            case name, endpoints, caveats
            case price = "price_msat"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(price, forKey: .price)
            try container.encode(endpoints, forKey: .endpoints)
            try container.encode(caveats, forKey: .caveats)
        }
    }

    let version = "1.0"
    let provider: [String: String]
    let services: [Service]

    enum CodingKeys: String, CodingKey {
        case version, provider, services
    }

    init(_ entries: [DiscoveryCatalog.Entry], host: String) {
        provider = ["name": host]
        var services = [Service]()
        for entry in entries where entry.offer.schemes.contains(L402Scheme.word) {
            let endpoints = entry.path.map { Endpoint(methods: entry.methods.map(\.rawValue), path: $0) }
            // Routes of one service cost the same: `check` sees to it.
            if let index = services.firstIndex(where: { $0.name == entry.service }) {
                services[index].endpoints += [endpoints].compactMap { $0 }
                continue
            }
            var price: UInt64?
            if case .fixed(let amount) = entry.offer.price { price = amount.millisatoshis }
            services.append(
                Service(
                    name: entry.service,
                    price: price,
                    endpoints: [endpoints].compactMap { $0 },
                    caveats: entry.offer.conditions
                )
            )
        }
        self.services = services
    }
}
