package import GatewayKit

/// The events that a subscription is for: all of it must hold.
package struct RelayFilter: Hashable, Sendable {
    package var author: NostrPublicKey
    package var kinds: [Int]
    /// Those that name this key in a tag `p`.
    package var addressee: NostrPublicKey?
    package var since: WallTime?
    /// Of stored events, the newest.
    package var limit: Int?

    package init(
        author: NostrPublicKey,
        kinds: [Int],
        addressee: NostrPublicKey? = nil,
        since: WallTime? = nil,
        limit: Int? = nil
    ) {
        self.author = author
        self.kinds = kinds
        self.addressee = addressee
        self.since = since
        self.limit = limit
    }

    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("authors", .array([.string(author.description)])),
            .init("kinds", .array(kinds.map { .number(Double($0)) })),
        ]
        if let addressee { members.append(.init("#p", .array([.string(addressee.description)]))) }
        if let since { members.append(.init("since", .number(Double(since.seconds)))) }
        if let limit { members.append(.init("limit", .number(Double(limit)))) }
        return .object(members)
    }
}
