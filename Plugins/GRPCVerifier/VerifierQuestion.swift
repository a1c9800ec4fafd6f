internal import GatewayKit
internal import HTTPTypes

/// What a verifier is asked about a request, as far as the policy tells it.
struct VerifierQuestion: Sendable {
    private let tellsQuery: Bool
    private let headers: [FieldName]
    private let service: String

    init(from settings: inout PolicyReader, _ services: Services) {
        tellsQuery = settings.flag("query", or: false)
        headers = settings.nodes("headers").compactMap { node in
            settings.value(of: node, named: "'headers'", expected: "the name of a header field such as x-tenant") {
                FieldName($0)
            }
        }
        service = services.service
    }

    func message(about caveats: [Caveat], in exchange: Exchange) -> Sluice_V1_VerifyCaveatsRequest {
        var message = Sluice_V1_VerifyCaveatsRequest()
        message.caveats = caveats.map { caveat in
            var presented = Sluice_V1_PresentedCaveat()
            presented.condition = caveat.condition
            presented.value = caveat.value
            return presented
        }
        message.request = request(in: exchange)
        if let credential = exchange.credential {
            message.credentialID = "\(credential.id)"
            message.scheme = credential.scheme
        }
        message.route = exchange.route.name
        message.service = service
        return message
    }

    private func request(in exchange: Exchange) -> Sluice_V1_VerifiedRequest {
        let head = exchange.request
        var request = Sluice_V1_VerifiedRequest()
        request.method = head.method.rawValue
        request.host = head.host
        request.path = head.path
        if tellsQuery { request.query = head.query ?? "" }
        request.clientAddress = exchange.client.address?.description ?? ""
        for name in headers {
            // Credentials stay here, whatever the policy names.
            let values = head.fields.indices(of: name).filter { !exchange.edits.isRemoved(line: $0) }
                .map { head.fields.value(at: $0) }
            if !values.isEmpty { request.headers[name.text] = values.joined(separator: ", ") }
        }
        return request
    }
}
