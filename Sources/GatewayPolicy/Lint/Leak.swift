internal import GatewayKit
internal import HTTPTypes

/// A request that gets for less what a route sells.
struct Leak {
    let rule: PolicyRule
    let method: HTTPRequest.Method
    let host: String
    let path: String
    let sold: SoldRoute
    let door: SoldRoute
    /// What has to be so for the service to take it: `if the service ignores the case of letters`.
    let condition: String

    var place: Place { door.draft.matchPlace }

    var message: String {
        let request = "\(method.rawValue) \(isAnyHost ? "" : host)\(path)"
        let price = [.asked, .freeForSome].contains(sold.cost) ? "at its price" : sold.cost.description
        return
            "'\(request)' goes to '\(sold.upstream.name)' by the route '\(door.draft.name)' \(door.cost.description), and"
            + " reaches what the route '\(sold.draft.name)' (\(sold.draft.matchPlace)) sells \(price)\(condition)"
    }

    private var isAnyHost: Bool { sold.match.host == .any && door.match.host == .any }
}
