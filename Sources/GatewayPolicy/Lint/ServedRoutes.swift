internal import GatewayKit

/// The routes of a policy by the servers that they lead to.
struct ServedRoutes {
    /// Hosts that are tried for one route at the most: more are not told apart by hand.
    private static let hostLimit = 256

    private struct Server {
        var cheapest: SoldRoute.Cost
        var dearest: SoldRoute.Cost
        var hosts: Set<String>
    }

    let routes: [SoldRoute]
    private var servers: [String: Server] = [:]

    init(_ routes: [SoldRoute]) {
        self.routes = routes
        for route in routes {
            for endpoint in route.upstream.endpoints {
                var server = servers[endpoint.address] ?? Server(cheapest: route.cost, dearest: route.cost, hosts: [])
                if route.cost.isLess(than: server.cheapest) { server.cheapest = route.cost }
                if server.dearest.isLess(than: route.cost) { server.dearest = route.cost }
                server.hosts.insert(route.host)
                servers[endpoint.address] = server
            }
        }
    }

    /// True when some server is sold on one route for more than on another.
    var hasRivals: Bool { servers.values.contains { $0.cheapest.isLess(than: $0.dearest) } }

    /// True when a route to the same server costs less.
    func haveRival(of sold: SoldRoute) -> Bool {
        sold.upstream.endpoints.contains { servers[$0.address]?.cheapest.isLess(than: sold.cost) == true }
    }

    /// True when a route to the same server costs more.
    func haveDearer(than route: SoldRoute) -> Bool {
        route.upstream.endpoints.contains { endpoint in
            servers[endpoint.address].map { route.cost.isLess(than: $0.dearest) } == true
        }
    }

    /// Hosts of the other routes to its server.
    func hosts(beside sold: SoldRoute) -> [String] {
        let hosts = sold.upstream.endpoints.reduce(into: Set<String>()) { hosts, endpoint in
            hosts.formUnion(servers[endpoint.address]?.hosts ?? [])
        }
        return Array(hosts.subtracting([sold.host]).sorted().prefix(Self.hostLimit))
    }
}
