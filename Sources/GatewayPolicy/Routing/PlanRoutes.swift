internal import GatewayKit
internal import HTTPTypes

/// Finds what runs for a request: by its head alone, and where routes are told apart by what a body calls, the door to
/// them.
struct PlanRoutes: Routing {
    private struct Target: Sendable {
        let route: Route
        let preflight: Route?
        /// Of routes with the same host and path: what has a body goes through it, whatever its method.
        var door: Route?
    }

    private let table: RouteTable
    private let targets: [Target]

    init(_ routes: [PlannedRoute]) {
        let heads = routes.filter { $0.match.call == nil }
        var groups = [(match: RouteMatch, routes: [PlannedRoute])]()
        var groupIndices = [RouteMatch.Site: Int]()
        for route in routes where route.match.call != nil {
            if let index = groupIndices[route.match.site] {
                groups[index].routes.append(route)
            } else {
                groupIndices[route.match.site] = groups.count
                groups.append((route.match, [route]))
            }
        }
        let headRoutes = HeadRoutes(groups.isEmpty ? [] : heads)
        var targets = groups.map { group in
            let table = CallTable(group.routes.compactMap(\.match.call))
            let door = CallDoor(table, group.routes, otherwise: headRoutes)
            let name = group.routes.first?.route.name ?? ""
            return Target(
                route: Route(name: name, service: group.routes.first?.route.service, stages: [door]),
                preflight: group.routes.lazy.compactMap(\.preflight).first
            )
        }
        for head in heads {
            let door = groupIndices[head.match.site].map { targets[$0].route }
            targets.append(Target(route: head.route, preflight: head.preflight, door: door))
        }
        // Of two that take one method, the earlier is found.
        table = RouteTable(groups.map(\.match) + heads.map(\.match))
        self.targets = targets
    }

    func route(for request: RequestHead) -> Route? {
        // A preflight belongs to the route of the request that it announces, whatever methods that one has.
        if let method = request.preflightMethod, let index = table.route(for: request, as: method),
            index != Endpoints.undecided, let preflight = targets[index].preflight
        {
            return preflight
        }
        guard let index = table.route(for: request, as: request.method) else { return nil }
        guard index != Endpoints.undecided else { return UndecidedStage.route }
        guard let door = targets[index].door, Self.mayCall(request) else { return targets[index].route }
        return door
    }

    /// A service may take a call by any method that has a body.
    private static func mayCall(_ request: RequestHead) -> Bool {
        switch request.body {
        case .none, .length(0): request.opensWebSocket
        case .length, .unknownLength: true
        }
    }
}
