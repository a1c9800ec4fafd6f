internal import GatewayKit
internal import HTTPTypes

/// Cheaper routes whose paths become, or are spelled like, those that another route sells.
struct DoorRules {
    private let finder: RouteFinder
    private let servers: ServedRoutes
    /// By the form that a lenient service takes their paths for.
    private let forms: [String: [SoldRoute]]

    init(_ finder: RouteFinder, _ servers: ServedRoutes) {
        self.finder = finder
        self.servers = servers
        var forms = [String: [SoldRoute]]()
        for route in servers.routes where servers.haveRival(of: route) {
            for sample in route.samples {
                forms[LaxPath.form(of: route.forwardedPath(of: sample)), default: []].append(route)
            }
        }
        self.forms = forms
    }

    func leaks() -> [Leak] {
        servers.routes.filter(servers.haveDearer).flatMap { door -> [Leak] in
            let isRewritten = door.samples.contains { door.forwardedPath(of: $0) != $0 }
            return door.samples.flatMap { leaks(by: door, $0) } + (isRewritten ? leaks(below: door) : [])
        } + servers.routes.filter(servers.haveRival).flatMap(leaks(behind:))
    }

    /// What one path of a cheaper route reaches.
    private func leaks(by door: SoldRoute, _ path: String) -> [Leak] {
        let forwarded = door.forwardedPath(of: path)
        var sold = forms[LaxPath.form(of: forwarded)] ?? []
        if forwarded != path,
            let route = door.methods.lazy.compactMap({ finder.route($0, door.host, forwarded) }).first,
            LaxPath.form(of: route.forwardedPath(of: forwarded)) == LaxPath.form(of: forwarded)
        {
            sold.append(route)
        }
        return sold.compactMap { leak(by: door, path, to: $0, isSame: forwarded == path) }
    }

    /// What a cheaper route reaches that takes everything below a path, and forwards it as another one.
    private func leaks(below door: SoldRoute) -> [Leak] {
        guard let prefix = PathSample.prefix(of: door.match.path) else { return [] }
        for sold in servers.routes where door.cost.isLess(than: sold.cost) && door.sharesUpstream(with: sold) {
            for sample in sold.samples {
                let path = prefix + sold.forwardedPath(of: sample)
                guard door.forwardedPath(of: path) == sold.forwardedPath(of: sample),
                    let leak = leak(by: door, path, to: sold, isSame: false)
                else { continue }
                // One shows that the whole service is open there.
                return [leak]
            }
        }
        return []
    }

    /// What is reached by the path that a paid route is forwarded as.
    private func leaks(behind sold: SoldRoute) -> [Leak] {
        sold.samples.compactMap { sample in
            let forwarded = sold.forwardedPath(of: sample)
            guard forwarded != sample, let door = finder.route(sold.methods[0], sold.host, forwarded),
                door.forwardedPath(of: forwarded) == forwarded
            else { return nil }
            return leak(by: door, forwarded, to: sold, isSame: false)
        }
    }

    private func leak(by door: SoldRoute, _ path: String, to sold: SoldRoute, isSame: Bool) -> Leak? {
        guard door.draft.place != sold.draft.place, door.cost.isLess(than: sold.cost), door.sharesUpstream(with: sold),
            let method = sold.methods.first(where: door.accepts),
            // It must be this route that the request goes to, and not one that stands before it.
            finder.route(method, door.host, path)?.draft.place == door.draft.place
        else { return nil }
        let isSpelling = isSame && sold.samples.contains { LaxPath.form(of: $0) == LaxPath.form(of: path) }
        // Which route takes the path itself is a matter of shadows and hosts.
        if isSpelling, sold.samples.contains(path) { return nil }
        return Leak(
            rule: isSpelling ? .otherSpelling : .otherPath,
            method: method,
            host: door.host,
            path: path,
            sold: sold,
            door: door,
            condition: isSpelling ? ", if the service takes another spelling for the same" : ""
        )
    }
}
