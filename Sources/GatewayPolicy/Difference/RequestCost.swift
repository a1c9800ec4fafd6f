package import GatewayKit

/// What a plan asks for a request.
package enum RequestCost: Hashable, Sendable {
    /// No route: 404.
    case unanswered
    case free
    case fixed(Amount)
    /// What it uses of a bundle that costs this.
    case bundle(Amount)
    /// Depends on the request.
    case asked
}

extension RequestCost: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unanswered: "not found"
        case .free: "free"
        case .fixed(let amount): amount.description
        case .bundle(let amount): "usage of a bundle of \(amount)"
        case .asked: "a price that is asked for"
        }
    }
}
