internal import GatewayKit

/// Services in Aperture's order, the first that fits wins, as routes in a policy, where the most specific one does.
///
/// Regular expressions of one host are tried in the order of a policy, so that they keep Aperture's order; paths are
/// written instead where the order is the same.
struct ApertureRoutes {
    struct Listed {
        let route: ApertureRoute
        let isExpression: Bool
    }

    private let services: [ApertureService]
    private let warnings: PolicyMistakes

    init(_ services: [ApertureService], warnings: PolicyMistakes) {
        self.services = services
        self.warnings = warnings
    }

    private func warn(_ place: Place, _ message: String) {
        warnings.note(PolicyMistake(place, message))
    }

    func list() -> [Listed] {
        let all = ordered()
        var kept = [ApertureRoute]()
        for route in all {
            let earlier = kept.first { $0.host == route.host && $0.covers(route) }
            guard let earlier else {
                kept.append(route)
                continue
            }
            if earlier.service != route.service {
                warn(
                    services[route.service].place,
                    "some or all of the service '\(services[route.service].name)' is never reached: Aperture takes the first"
                        + " service that fits, '\(services[earlier.service].name)' (\(services[earlier.service].place.line)),"
                        + " and what is not reached is left out here"
                )
            }
        }
        let expressions = hostsWithExpressions(kept)
        return kept.map { route in
            Listed(route: route, isExpression: route.form == .regex || expressions.contains(route.host))
        }
    }

    /// Where paths would be asked in another order than Aperture's, and so are written as expressions.
    private func hostsWithExpressions(_ routes: [ApertureRoute]) -> Set<String> {
        var hosts: Set<String> = []
        for (index, route) in routes.enumerated() {
            for earlier in routes[..<index]
            where earlier.host == route.host && !earlier.isDisjoint(with: route) && !earlier.precedes(route) {
                guard hosts.insert(route.host).inserted, earlier.service != route.service else { continue }
                warn(
                    services[route.service].place,
                    "the paths of '\(services[route.service].name)' overlap those of '\(services[earlier.service].name)', of"
                        + " which Aperture takes the first that fits and Sluice the most specific: they are written as regular"
                        + " expressions, which keep the order of the list"
                )
            }
        }
        return hosts
    }

    // MARK: Order

    /// In the order in which they are to be tried on each host. A policy asks the routes of the narrower host first: what
    /// Aperture would have asked before those is repeated there.
    private func ordered() -> [ApertureRoute] {
        var routes = [ApertureRoute]()
        for (index, service) in services.enumerated() {
            let hosts = service.hosts ?? []
            for host in hosts {
                routes += parts(of: index, host: host)
                let narrower = services[(index + 1)...].flatMap { $0.hosts ?? [] }.filter {
                    $0 != host && !hosts.contains($0) && GoHosts.covers(host, $0)
                }
                for name in Set(narrower).sorted() {
                    warn(
                        service.place,
                        "the service '\(service.name)' stands before one of the host '\(name)', which is more specific: it is"
                            + " repeated for that host, to be asked first there as in Aperture"
                    )
                    routes += parts(of: index, host: name)
                }
            }
        }
        return routes
    }

    /// What is free, what makes no invoices, and the rest; each of them once for each rate limit of its own.
    private func parts(of index: Int, host: String) -> [ApertureRoute] {
        let service = services[index]
        func route(_ patterns: [GoPattern]) -> ApertureRoute {
            ApertureRoute(service: index, host: host, patterns: [service.path] + patterns)
        }
        var parts = [ApertureRoute]()
        if !service.isFree {
            parts += service.free.map { pattern in
                var part = route([pattern])
                part.isFree = true
                return part
            }
        }
        var main = route([])
        main.isFree = service.isFree
        let unsold = service.unsold.compactMap(\.unsoldPath)
        if !service.isFree, service.refusal == nil {
            if unsold.count == service.unsold.count {
                main.unsoldPaths = unsold
            } else {
                parts += service.unsold.map { pattern in
                    var part = route([pattern])
                    part.isUnsold = true
                    return part
                }
            }
        }
        // What is answered 503 needs no limits.
        let limited = (parts + [main]).flatMap { part in
            part.isFree || service.refusal == nil ? self.limited(part, by: service) : [part]
        }
        return limited.filter { part in
            // Two expressions of one service that no path fits both are no route.
            !part.patterns.contains { pattern in part.patterns.contains { pattern.isDisjoint(with: $0) } }
        }
    }

    private func limited(_ part: ApertureRoute, by service: ApertureService) -> [ApertureRoute] {
        var whole = part
        let general = service.limits.filter { limit in part.patterns.contains { limit.pattern.covers($0) } }
        whole.limits = general
        // What fits the narrower one is taken by its route already, and counts for the wider ones too.
        let special = service.limits.filter { limit in !part.patterns.contains { limit.pattern.covers($0) } }
            .sorted { $0.pattern.knownCount > $1.pattern.knownCount }
        let routes = special.enumerated().map { index, limit in
            var route = part
            route.patterns.append(limit.pattern)
            route.limits = general + special[index...].filter { !$0.pattern.isDisjoint(with: limit.pattern) }
            return route
        }
        return routes + [whole]
    }
}

extension GoPattern {
    /// As `skip-invoice` has it; `nil` for what it cannot say.
    var unsoldPath: String? {
        switch form {
        case .exact(let path): path
        case .below(let path): "\(path)/*"
        case .everything: "/*"
        case .regex: nil
        }
    }
}
