internal import GatewayKit

/// What a plan asks for requests and for matches.
struct CostTable {
    let routes: [PlannedRoute]
    /// Those that are found by the head of a request alone.
    private let heads: PlanRoutes
    private let byName: [String: RequestCost]
    private let byMatch: [String: RequestCost]

    /// - Parameter listener: the index of the listener that the requests come by; `nil`: one without defaults of its own.
    init(_ plan: Plan, listener: Int? = nil) {
        let routes = listener.flatMap { plan.listenerRoutes[$0] } ?? plan.routes
        self.routes = routes
        heads = PlanRoutes(routes.filter { $0.match.call == nil })
        byName = Dictionary(routes.map { ($0.route.name, Self.cost(of: $0)) }) { first, _ in first }
        byMatch = Dictionary(routes.map { ($0.match.description, Self.cost(of: $0)) }) { first, _ in first }
    }

    /// Of a request whose body calls nothing that a route is for.
    func cost(of request: RequestHead) -> RequestCost {
        heads.route(for: request).flatMap { byName[$0.name] } ?? .unanswered
    }

    /// What the plan asks for the requests of a match: the route that has it, or else those that they come to otherwise.
    func costs(of match: RouteMatch) -> [RequestCost] {
        if let cost = byMatch[match.description] { return [cost] }
        let costs = match.samples().map(cost(of:))
        return costs.isEmpty ? [.unanswered] : costs
    }

    private static func cost(of route: PlannedRoute) -> RequestCost {
        guard route.isPriced else { return RequestCost(.free) }
        let giveaways = route.schemes.filter { $0.giveaway > 0 }
        if route.isFreeForSome { return RequestCost(.freeForSome, giveaways: giveaways) }
        let price: RequestCost.Price =
            switch route.offer?.price {
            case .fixed(let amount): .fixed(amount)
            case .fiat(let amount): .fiat(amount)
            case .bundle(let amount): .bundle(amount)
            case .asked(let bounds): .asked(bounds)
            case nil: .asked(ListedPrice.Bounds())
            }
        return RequestCost(price, giveaways: giveaways)
    }
}
