internal import GatewayKit

/// The rules of routes that are told apart by what a body calls: no call may find another way to the same service.
struct CallRules {
    private let routes: [RouteDraft]
    private let run: LoadingRun

    init(_ routes: [RouteDraft], run: LoadingRun) {
        self.routes = routes.filter(\.isMatchRead)
        self.run = run
    }

    func check() {
        let calls = routes.filter { $0.match.call != nil }
        for (index, route) in calls.enumerated() {
            checkPlace(of: route, after: calls[..<index])
            checkIntents(of: route)
        }
        // One warning a place says it for all of its calls.
        var told = Set<RouteMatch.Site>()
        for route in calls where route.prices != nil && told.insert(route.match.site).inserted {
            checkWays(around: route)
        }
    }

    private func checkPlace(of route: RouteDraft, after earlier: ArraySlice<RouteDraft>) {
        let first = earlier.first {
            $0.match.dividesCalls(with: route.match) && !$0.match.isAmbiguous(with: route.match)
        }
        guard let first else { return }
        run.note(
            .dividedCalls,
            route.matchPlace,
            "calls of both this route and '\(first.name)' (\(first.matchPlace)) may come to one path; write the same"
                + " 'host' and 'path' for both, or others that have no request in common"
        )
    }

    /// What has no form in JSON-RPC would be offered to nobody.
    private func checkIntents(of route: RouteDraft) {
        for (sale, place) in route.sales {
            guard let intent = sale.intents.first(where: { !$0.isForCalls })?.intent else { continue }
            run.note(
                place,
                "'\(sale.scheme)' cannot sell by '\(intent)' on the route '\(route.name)': calls of JSON-RPC have no form for"
                    + " it; name another intent, or match without 'mcp' and 'jsonrpc'"
            )
        }
    }

    /// Many services take `/mcp/` and `/MCP` for `/mcp`.
    private func checkWays(around route: RouteDraft) {
        guard let upstream = route.stages.last?.upstream else { return }
        let way = routes.first { other in
            other.match.call == nil && other.match.surrounds(route.match) && other.prices == nil
                && other.stages.last?.upstream.map(upstream.sharesServer(with:)) == true
        }
        guard let way else { return }
        run.note(
            .callsAround,
            way.matchPlace,
            of: way.name,
            route.name,
            message:
                "the route '\(way.name)' leads to '\(upstream.name)' for nothing, on paths beside that of '\(route.name)'"
                + " (\(route.matchPlace)); if the service takes '\(route.match.path)/' or another spelling for the same"
                + " path, its calls are free there"
        )
    }
}
