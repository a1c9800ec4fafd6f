internal import GatewayKit
internal import GatewayPolicy
internal import HTTPTypes
internal import L402

/// `/openapi.json`: what can be paid for, for clients that look before they ask (draft-payment-discovery-01; for L402 the
/// extensions of lightninglabs/L402, discovery-spec §8.2).
struct OpenAPIDocument: Encodable {
    struct Description: Encodable {
        let title: String
        let version: String
        let l402Version = L402Manifest.version

        enum CodingKeys: String, CodingKey {
            case title, version
            case l402Version = "x-l402-version"
        }
    }

    struct ServiceInfo: Encodable {
        let docs: [String: String]
    }

    struct SecurityScheme: Encodable {
        let type = "apiKey"
        let place = "header"
        let name = "Authorization"
        let scheme = "L402"

        enum CodingKeys: String, CodingKey {
            case type, name
            case place = "in"
            case scheme = "x-l402-scheme"
        }
    }

    let openapi = "3.1.0"
    let info: Description
    let service: ServiceInfo
    let caveats: [String: L402Caveat]
    let components = ["securitySchemes": ["L402": SecurityScheme()]]
    let paths: [String: [String: OpenAPIOperation]]

    enum CodingKeys: String, CodingKey {
        case openapi, info, paths, components
        case service = "x-service-info"
        case caveats = "x-l402-caveats"
    }

    init(_ entries: [DiscoveryCatalog.Entry], host: String, origin: String) {
        info = Description(title: host, version: "1")
        service = ServiceInfo(docs: ["llms": origin + DiscoveryStage.Document.llms.rawValue])
        caveats = L402Caveat.vocabulary(of: entries.filter { $0.offer.schemes.contains(L402Scheme.word) })
        var sold = [String: [String: [DiscoveryCatalog.Entry]]]()
        for entry in entries {
            guard let path = entry.path.map(Self.template) else { continue }
            for method in entry.listedMethods.map({ $0.lowercased() }) where Self.methods.contains(method) {
                sold[path, default: [:]][method, default: []].append(entry)
            }
        }
        var paths = [String: [String: OpenAPIOperation]]()
        for (path, methods) in sold {
            paths[path] = methods.mapValues { OpenAPIOperation(of: $0, at: path) }
        }
        self.paths = paths
    }

    /// Those that have a place in a path item (OpenAPI 3.1, "Path Item Object").
    private static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    private static func template(_ path: String) -> String {
        path.hasSuffix("/*") ? path.dropLast() + "{rest}" : path
    }
}
