internal import GatewayKit
internal import GatewayPolicy
internal import HTTPTypes

/// Tells what a listener sells: made from the plan, so that it names the price that the 402 asks. Free, for every origin.
struct DiscoveryStage: Stage {
    enum Document: String, CaseIterable {
        case openAPI = "/openapi.json"
        case llms = "/llms.txt"
        case l402 = "/.well-known/l402.json"
    }

    private let document: Document
    private let catalog: DiscoveryCatalog

    init(_ document: Document, of catalog: DiscoveryCatalog) {
        self.document = document
        self.catalog = catalog
    }

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        guard [.get, .head].contains(exchange.request.method) else {
            var reply = Reply(.methodNotAllowed, detail: "only GET and HEAD are answered here")
            reply.fields.set(.allow, "GET, HEAD")
            return .now(.reply(reply))
        }
        let entries = catalog.entries(for: exchange.request)
        let host = exchange.request.host
        let origin = Self.origin(of: exchange)
        var reply: Reply =
            switch document {
            case .openAPI: .json(JSONOutput.text(OpenAPIDocument(entries, host: host, origin: origin)) + "\n")
            case .l402: .json(JSONOutput.text(L402Manifest(entries, host: host, origin: origin)) + "\n")
            case .llms: .text(Self.text(entries, host: host))
            }
        reply.fields.add(.cacheControl, "max-age=300")
        reply.fields.add(FieldName(.accessControlAllowOrigin), "*")
        return .now(.reply(reply))
    }

    /// Where the client has asked, as a URI.
    private static func origin(of exchange: Exchange) -> String {
        let request = exchange.request
        var scheme = request.scheme
        if exchange.client.isBehindTrustedProxy {
            let said = request.fields.values(of: FieldName(.xForwardedProto)).last
            scheme = said?.lowercased() == "http" ? "http" : "https"
        }
        return "\(scheme)://\(request.authority)"
    }

    /// For models that read: the form of llmstxt.org.
    private static func text(_ entries: [DiscoveryCatalog.Entry], host: String) -> String {
        let lines = entries.map { entry in
            let methods = entry.methods.map(\.rawValue).joined(separator: ", ")
            let price =
                switch entry.offer.price {
                case .fiat(let amount): amount.description
                case .fixed: (entry.millisatoshis.map { Amount(millisatoshis: $0) } ?? .zero).description
                case .bundle(let amount): "by usage, from bundles of \(amount)"
                case .asked: "a price that depends on the request"
                }
            let target = entry.path.map { "`\(methods.isEmpty ? "" : "\(methods) ")\($0)`" } ?? "further paths"
            let call = entry.call.map { " calling `\($0)`" } ?? (entry.isConditional ? " for some requests" : "")
            return
                "- \(target)\(call): \(price), service `\(entry.service)`, \(entry.offer.schemes.joined(separator: " or "))"
        }
        return """
            # \(host)

            > Services that are paid for by request over Lightning. An unpaid request is answered 402; its \
            WWW-Authenticate lines hold an invoice, and how to ask again once it is paid.

            ## Paid endpoints

            \(lines.joined(separator: "\n"))

            ## Machine-readable

            - [OpenAPI](/openapi.json): every operation and its price
            - [L402 manifest](/.well-known/l402.json): services and the caveats of their tokens

            """
    }
}
