internal import GatewayKit
internal import HTTPTypes

/// Looks for requests that get for nothing, or for less, what some route sells.
///
/// For each route that costs something it makes up requests, asks the routes where they go, and compares what the service would see. A
/// route that is free on purpose, such as `/v1/status` beside `/v1/*`, takes no request that stands for the paid one, and is not told.
struct MoneyLint {
    private let finder: RouteFinder
    private let routes: [SoldRoute]
    private let regexes: RegexRules
    private let run: LoadingRun

    init(_ routes: [RouteDraft], run: LoadingRun) {
        finder = RouteFinder(routes)
        self.routes = finder.all
        regexes = RegexRules(routes, run: run)
        self.run = run
    }

    func check() {
        var told: Set<String> = []
        let servers = ServedRoutes(routes)
        guard servers.hasRivals else {
            regexes.check(notTelling: told)
            return
        }
        var leaks = [Leak]()
        for sold in routes where servers.haveRival(of: sold) {
            leaks += shadows(of: sold) + spellings(of: sold) + methods(beside: sold)
            leaks += hosts(beside: sold, servers.hosts(beside: sold))
        }
        leaks += DoorRules(finder, servers).leaks()
        for leak in leaks where told.insert("\(leak.rule) \(leak.sold.draft.name) \(leak.door.draft.name)").inserted {
            run.note(leak.rule, leak.place, of: leak.sold.draft.name, leak.door.draft.name, message: leak.message)
        }
        regexes.check(notTelling: told)
    }

    /// The cheaper route that a request goes to, if the service sees there what it sees of a path of the paid one.
    private func door(
        _ method: HTTPRequest.Method,
        _ host: String,
        _ path: String,
        insteadOf sold: SoldRoute,
        for sample: String
    ) -> SoldRoute? {
        guard let route = finder.route(method, host, path), route.draft.place != sold.draft.place,
            route.cost.isLess(than: sold.cost), route.sharesUpstream(with: sold),
            LaxPath.form(of: route.forwardedPath(of: path)) == LaxPath.form(of: sold.forwardedPath(of: sample))
        else { return nil }
        return route
    }

    // MARK: The same request

    /// Requests that are for the paid route and never come to it.
    private func shadows(of sold: SoldRoute) -> [Leak] {
        sold.methods.flatMap { method -> [Leak] in
            let doors = sold.samples.map { door(method, sold.host, $0, insteadOf: sold, for: $0) }
            let isWhole = !doors.isEmpty && doors.allSatisfy { $0 != nil }
            return zip(sold.samples, doors).compactMap { sample, door in
                // A more specific route is free on purpose; an expression comes before every prefix, however wide it is.
                guard let door, isWhole || isExpression(door) && !isExpression(sold) || bothExpressions(door, sold),
                    !isForItsMethods(door, beside: sold), !isForItsCondition(door, beside: sold)
                else { return nil }
                return Leak(
                    rule: .freeShadow,
                    method: method,
                    host: sold.host,
                    path: sample,
                    sold: sold,
                    door: door,
                    condition: isWhole ? Self.reach(of: sold) : ""
                )
            }
        }
    }

    private static func reach(of sold: SoldRoute) -> String {
        sold.match.when == nil ? ", which no such request reaches" : ", unless it fulfils its 'when'"
    }

    private func isExpression(_ route: SoldRoute) -> Bool {
        if case .regex = route.match.path { true } else { false }
    }

    private func bothExpressions(_ route: SoldRoute, _ other: SoldRoute) -> Bool {
        isExpression(route) && isExpression(other)
    }

    /// `GET` for nothing and everything else paid, on one path: nobody writes that by accident.
    private func isForItsMethods(_ door: SoldRoute, beside sold: SoldRoute) -> Bool {
        !door.match.methods.isEmpty && sold.match.methods.isEmpty
            && door.match.path.description == sold.match.path.description
    }

    /// Dearer where a condition holds, on one path: requests that are made up fulfil none. Not where the rest is free: who leaves
    /// out a header field would get for nothing what others pay for.
    private func isForItsCondition(_ door: SoldRoute, beside sold: SoldRoute) -> Bool {
        sold.match.when != nil && ![.free, .freeForSome].contains(door.cost)
            && door.match.isOfSamePlace(as: sold.match)
    }

    // MARK: Requests that a service may take for the same

    private func spellings(of sold: SoldRoute) -> [Leak] {
        sold.samples.flatMap { sample -> [Leak] in
            // What does not come to the paid route as it is written is a matter of shadows, or free on purpose.
            let methods = sold.methods.filter { method in
                finder.route(method, sold.host, sample)?.draft.place == sold.draft.place
            }
            guard let method = methods.first else { return [] }
            return PathSpelling.all(of: sample).compactMap { spelling, path in
                door(method, sold.host, path, insteadOf: sold, for: sample).map { door in
                    Leak(
                        rule: .otherSpelling,
                        method: method,
                        host: sold.host,
                        path: path,
                        sold: sold,
                        door: door,
                        condition: ", if the service takes \(spelling.rawValue) for the same"
                    )
                }
            }
        }
    }

    /// Methods that the paid route does not name: a service may be told the real one by a header field, and some take `get` for `GET`.
    private func methods(beside sold: SoldRoute) -> [Leak] {
        guard !sold.match.methods.isEmpty, !sold.accepts(.post) else { return [] }
        return sold.samples.compactMap { sample in
            door(.post, sold.host, sample, insteadOf: sold, for: sample).map { door in
                Leak(
                    rule: .otherMethod,
                    method: .post,
                    host: sold.host,
                    path: sample,
                    sold: sold,
                    door: door,
                    condition: ", if the service does not look at the method or lets X-HTTP-Method-Override replace it"
                )
            }
        }
    }

    /// Names of the host for which other routes hold.
    private func hosts(beside sold: SoldRoute, _ hosts: [String]) -> [Leak] {
        let method = sold.methods[0]
        return hosts.flatMap { host -> [Leak] in
            let doors = sold.samples.map { door(method, host, $0, insteadOf: sold, for: $0) }
            guard doors.allSatisfy({ $0 != nil }) else { return [] }
            return zip(sold.samples, doors).compactMap { sample, door in
                door.map {
                    Leak(
                        rule: .otherHost,
                        method: method,
                        host: host,
                        path: sample,
                        sold: sold,
                        door: $0,
                        condition: ", if the service does not look at the host"
                    )
                }
            }
        }
    }
}
