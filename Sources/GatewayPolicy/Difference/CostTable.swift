internal import GatewayKit

/// What a plan asks for requests and for matches.
struct CostTable {
    let routes: [PlannedRoute]
    private let routing: any Routing
    private let byName: [String: RequestCost]
    private let byMatch: [String: RequestCost]

    /// - Parameter listener: the index of the listener that the requests come by; `nil`: one without defaults of its own.
    init(_ plan: Plan, listener: Int? = nil) {
        let routes = listener.flatMap { plan.listenerRoutes[$0] } ?? plan.routes
        self.routes = routes
        routing = listener.map { plan.routing(ofListener: $0) } ?? plan
        byName = Dictionary(routes.map { ($0.route.name, Self.cost(of: $0)) }) { first, _ in first }
        byMatch = Dictionary(routes.map { ($0.match.description, Self.cost(of: $0)) }) { first, _ in first }
    }

    func cost(of request: RequestHead) -> RequestCost {
        routing.route(for: request).flatMap { byName[$0.name] } ?? .unanswered
    }

    func cost(ofMatch description: String) -> RequestCost {
        byMatch[description] ?? .unanswered
    }

    private static func cost(of route: PlannedRoute) -> RequestCost {
        guard route.isPriced else { return .free }
        return switch route.offer?.price {
        case .fixed(let amount): .fixed(amount)
        case .asked, nil: .asked
        }
    }
}
