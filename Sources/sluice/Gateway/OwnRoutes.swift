internal import GatewayKit
internal import GatewayPolicy
internal import NIOCore

/// The routes of a plan's listener, with a few paths before them that the gateway answers itself.
struct OwnRoutes: Routing {
    private struct Own: Sendable {
        let path: [UInt8]
        let route: Route
        /// False on hosts where nothing is sold: there is nothing to tell.
        let isFor: @Sendable (RequestHead) -> Bool
    }

    private let own: [Own]
    private let routes: any Routing

    /// - Parameters:
    ///   - offersDiscovery: tells what the plan sells, but for the paths that it has a route for itself.
    ///   - routes: those of the plan, for one listener.
    init(_ pages: (any Stage)?, offersDiscovery: Bool, of plan: Plan, before routes: any Routing) {
        self.routes = routes
        var own = [Own]()
        if let pages {
            own.append(Own(path: Array(PageKey.path.utf8), route: Self.route(pages), isFor: { _ in true }))
        }
        if offersDiscovery {
            let catalog = DiscoveryCatalog(plan)
            let written = plan.routes.map(\.match.path.description)
            for document in DiscoveryStage.Document.allCases where !written.contains(document.rawValue) {
                own.append(
                    Own(
                        path: Array(document.rawValue.utf8),
                        route: Self.route(DiscoveryStage(document, of: catalog)),
                        isFor: { !catalog.entries(for: $0).isEmpty }
                    )
                )
            }
        }
        self.own = own
    }

    private static func route(_ stage: any Stage) -> Route { Route(name: "sluice", stages: [stage]) }

    func route(for request: RequestHead) -> Route? {
        let path = request.pathBytes.readableBytesView
        for own in own where path.count == own.path.count && path.elementsEqual(own.path) && own.isFor(request) {
            return own.route
        }
        return routes.route(for: request)
    }
}
