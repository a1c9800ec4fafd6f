internal import GatewayKit

/// What is said to a relay (NIP-01, "From client to relay"; NIP-42).
package enum RelayRequest: Sendable {
    case publish(NostrEvent)
    /// Events that were stored and those that come, until it is closed. One of the same name takes the place of another.
    case subscribe(String, RelayFilter)
    /// Answers a challenge.
    case authenticate(NostrEvent)

    package var text: String {
        let parts: [JSONValue] =
            switch self {
            case .publish(let event): [.string("EVENT"), event.json]
            case .subscribe(let name, let filter): [.string("REQ"), .string(name), filter.json]
            case .authenticate(let event): [.string("AUTH"), event.json]
            }
        return JSONValue.array(parts).canonical
    }
}
