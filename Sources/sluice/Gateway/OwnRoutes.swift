internal import GatewayKit
internal import NIOCore

/// The routes of a plan's listener, with a few paths before them that the gateway answers itself.
struct OwnRoutes: Routing {
    private let routes: [[UInt8]: Route]
    private let others: any Routing

    init(_ stages: [String: any Stage], before others: any Routing) {
        var routes = [[UInt8]: Route]()
        for (path, stage) in stages {
            routes[Array(path.utf8)] = Route(name: "sluice", stages: [stage])
        }
        self.routes = routes
        self.others = others
    }

    func route(for request: RequestHead) -> Route? {
        let path = request.pathBytes.readableBytesView
        for (own, route) in routes where path.count == own.count && path.elementsEqual(own) {
            return route
        }
        return others.route(for: request)
    }
}
