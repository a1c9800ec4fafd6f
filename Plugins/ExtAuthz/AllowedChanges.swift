internal import GatewayKit

/// What an authorisation service changes about a request that it allows.
struct AllowedChanges: Sendable {
    private let request: [HeaderChange]
    private let removed: [FieldName]
    private let query: QueryChanges
    /// Of the response to the client.
    let response: [HeaderChange]

    init(_ answer: Envoy_Service_Auth_V3_OkHttpResponse) {
        // `append` is false where it is not said, for the fields of the request (Envoy, "OkHttpResponse").
        request = answer.headers.compactMap { HeaderChange($0, usually: .set) }
        removed = answer.headersToRemove.compactMap { FieldName($0) }.filter(HeaderChange.isChangeable)
        query = QueryChanges(
            set: answer.queryParametersToSet.map { ($0.key, $0.value) },
            removed: answer.queryParametersToRemove
        )
        response = answer.responseHeadersToAdd.compactMap { HeaderChange($0, usually: .append) }
    }

    /// Names only: values may be secrets.
    var names: String {
        (request.map(\.name) + removed + response.map(\.name)).map(\.text).joined(separator: ", ")
    }

    func apply(to edits: inout RequestEdits, of head: RequestHead) {
        for name in removed { edits.remove(name, of: head) }
        for change in request { change.apply(to: &edits, of: head) }
        if let target = query.target(of: edits.target ?? head.target) { edits.target = target }
    }
}
