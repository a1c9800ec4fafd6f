internal import GatewayKit

/// What a plan asks for requests and for matches.
struct CostTable {
    private let plan: Plan
    private let byName: [String: RequestCost]
    private let byMatch: [String: RequestCost]

    init(_ plan: Plan) {
        self.plan = plan
        byName = Dictionary(plan.routes.map { ($0.route.name, Self.cost(of: $0)) }) { first, _ in first }
        byMatch = Dictionary(plan.routes.map { ($0.match.description, Self.cost(of: $0)) }) { first, _ in first }
    }

    func cost(of request: RequestHead) -> RequestCost {
        plan.route(for: request).flatMap { byName[$0.name] } ?? .unanswered
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
