internal import GatewayKit
internal import GatewayPolicy
internal import HTTPTypes

/// `/openapi.json`: what can be paid for, for clients that look before they ask (draft-payment-discovery-01).
struct OpenAPIDocument: Encodable {
    struct Description: Encodable {
        let title: String
        let version: String
    }

    struct ServiceInfo: Encodable {
        let docs: [String: String]
    }

    struct Offer: Encodable {
        /// Whole satoshis, rounded up; `null`: the 402 says.
        let amount: String?
        let scheme: String

        enum CodingKeys: String, CodingKey {
            case intent, method, amount, currency, scheme
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode("charge", forKey: .intent)
            try container.encode("lightning", forKey: .method)
            try container.encode(amount, forKey: .amount)
            try container.encode("sat", forKey: .currency)
            try container.encode(scheme, forKey: .scheme)
        }
    }

    struct PaymentInfo: Encodable {
        let offers: [Offer]
    }

    struct Parameter: Encodable {
        let name: String
        let `in` = "path"
        let required = true
        let schema = ["type": "string"]

        enum CodingKeys: String, CodingKey {
            case name, `in`, required, schema
        }
    }

    struct Answer: Encodable {
        let description: String
    }

    struct Operation: Encodable {
        let summary: String
        let parameters: [Parameter]
        let responses: [String: Answer]
        let payment: PaymentInfo

        enum CodingKeys: String, CodingKey {
            case summary, parameters, responses
            case payment = "x-payment-info"
        }
    }

    let openapi = "3.1.0"
    let info: Description
    let service: ServiceInfo
    let paths: [String: [String: Operation]]

    enum CodingKeys: String, CodingKey {
        case openapi, info, paths
        case service = "x-service-info"
    }

    init(_ entries: [DiscoveryCatalog.Entry], host: String) {
        info = Description(title: host, version: "1")
        service = ServiceInfo(docs: ["llms": "/llms.txt"])
        var paths = [String: [String: Operation]]()
        for entry in entries {
            guard let path = entry.path.map(Self.template) else { continue }
            // OpenAPI has no word for every method.
            let methods = entry.methods.isEmpty ? ["get", "post"] : entry.methods.map { $0.rawValue.lowercased() }
            for method in methods where Self.methods.contains(method) && paths[path]?[method] == nil {
                paths[path, default: [:]][method] = Self.operation(of: entry, at: path)
            }
        }
        self.paths = paths
    }

    /// Those that have a place in a path item (OpenAPI 3.1, "Path Item Object").
    private static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    private static func template(_ path: String) -> String {
        path.hasSuffix("/*") ? path.dropLast() + "{rest}" : path
    }

    private static func operation(of entry: DiscoveryCatalog.Entry, at path: String) -> Operation {
        let names = path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        return Operation(
            summary: entry.service,
            parameters: names.map { Parameter(name: $0) },
            responses: ["200": Answer(description: "Paid for"), "402": Answer(description: "Payment required")],
            payment: PaymentInfo(
                offers: entry.offer.schemes.map { Offer(amount: entry.offer.price.satoshis, scheme: $0) }
            )
        )
    }
}

extension ListedPrice {
    /// In whole satoshis, rounded up; `nil` when it is not known.
    var satoshis: String? {
        guard case .fixed(let amount) = self else { return nil }
        return "\(amount.satoshisRoundedUp)"
    }
}
