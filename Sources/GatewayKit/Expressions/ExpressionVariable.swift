/// What an expression may ask about.
package enum ExpressionVariable: String, CaseIterable, Sendable {
    case method = "request.method"
    /// In its normal form.
    case path = "request.path"
    /// In lower case, without the port.
    case host = "request.host"
    case scheme = "request.scheme"
    case query = "request.query"
    case headers = "request.headers"
    /// Of the body, in bytes, where the request says it before.
    case size = "request.size"
    case time = "request.time"
    case json = "request.json"
    case address = "client.address"
    case credentialScheme = "credential.scheme"
    case credentialIsPaid = "credential.paid"
    case route
    case service
    case caveatValue = "caveat.value"
    case caveatList = "caveat.list"
    case earlierValue = "earlier.value"
    case earlierList = "earlier.list"

    var type: ExpressionType {
        switch self {
        case .method, .path, .host, .scheme, .credentialScheme, .route, .service, .caveatValue, .earlierValue: .string
        case .query, .headers: .map(.string, .string)
        case .size: .int
        case .time: .timestamp
        case .json: .dyn
        case .address: .address
        case .credentialIsPaid: .bool
        case .caveatList, .earlierList: .list(.string)
        }
    }

    /// False for what every request has.
    var mayBeAbsent: Bool {
        switch self {
        case .size, .json, .address, .credentialScheme: true
        default: false
        }
    }
}
