internal import GatewayKit

/// A route as it is read: with what its groups say for it, and the defaults that hold for it.
struct WrittenRoute {
    let node: PolicyNode
    /// Those of its groups, the outermost first.
    var defaults: [DefaultLayer] = []
}

/// Routes that share a host, a prefix, a service or the first steps of a pipeline. Groups may stand in groups: prefixes and steps
/// add up, and of hosts and services the nearest counts.
struct RouteGroup {
    private static let depthLimit = 16

    private let name: String
    private let host: PolicyNode?
    private let service: PolicyNode?
    private let prefix: GroupPrefix?
    private let head: [PolicyNode]
    private let defaults: [DefaultLayer]
    private let run: LoadingRun

    /// The routes of all groups, in their order.
    static func routes(of nodes: [PolicyNode], run: LoadingRun) -> [WrittenRoute] {
        nodes.flatMap { routes(of: $0, in: nil, depth: 0, run: run) }
    }

    private static func routes(of node: PolicyNode, in outer: RouteGroup?, depth: Int, run: LoadingRun)
        -> [WrittenRoute]
    {
        guard case .map = node.content else {
            run.note(node.place, "a group is a map of host, prefix, pipeline and routes, not \(node.kind)")
            return []
        }
        guard depth < depthLimit else {
            run.note(.tooLarge, node.place, "more than \(depthLimit) groups stand in one another")
            return []
        }
        var settings = run.reader(for: node, word: "group")
        let group = RouteGroup(from: &settings, in: outer, run: run)
        let routes = settings.node("routes")
        let groups = settings.node("groups")
        settings.finish()
        if routes == nil, groups == nil {
            run.note(.missingSetting, node.place, "'group' needs 'routes': a list of routes")
        }
        let own = routes.map { run.items(of: $0, named: "routes").map(group.written) } ?? []
        let inner = groups.map { run.items(of: $0, named: "groups") } ?? []
        return own + inner.flatMap { self.routes(of: $0, in: group, depth: depth + 1, run: run) }
    }

    private init(from settings: inout PolicyReader, in outer: RouteGroup?, run: LoadingRun) {
        self.run = run
        let nameNode = settings.node("name")
        name = nameNode.flatMap { settings.text(of: $0, expected: "'name' should be a text") } ?? ""
        host = Self.nearest(settings.node("host"), outer?.host)
        service = Self.nearest(settings.node("service"), outer?.service)
        if let node = settings.node("prefix"),
            let text = settings.text(of: node, expected: "'prefix' should be a path such as /v1")
        {
            prefix = GroupPrefix(text, at: node.place, below: outer?.prefix, run: run)
        } else {
            prefix = outer?.prefix
        }
        let steps = settings.node("pipeline").map { run.items(of: $0, named: "pipeline") } ?? []
        head = (outer?.head ?? []) + steps
        let place = nameNode?.place ?? settings.place
        let title = name.isEmpty ? "the group in \(place.file):\(place.line)" : "the group '\(name)'"
        let layer = settings.node("defaults").map { DefaultLayer($0, of: title, run: run) }
        defaults = (outer?.defaults ?? []) + [layer].compactMap(\.self)
    }

    private static func nearest(_ near: PolicyNode?, _ far: PolicyNode?) -> PolicyNode? {
        guard var near else { return far }
        if let far { near.overrode.append(far) }
        return near
    }

    // MARK: Its routes

    private func written(_ route: PolicyNode) -> WrittenRoute {
        guard case .map(var entries) = route.content else { return WrittenRoute(node: route, defaults: defaults) }
        if let service {
            entries = Overlay.joined(entries, over: [entry("service", service)])
        }
        if let index = entries.firstIndex(where: { $0.key == "match" }),
            case .map(var match) = entries[index].value.content
        {
            if let host {
                match = Overlay.joined(match, over: [entry("host", host)])
            }
            match = prefix?.applied(to: match, run: run) ?? match
            let old = entries[index]
            entries[index] = .init(
                key: old.key,
                keyPlace: old.keyPlace,
                value: PolicyNode(.map(match), at: old.value.place)
            )
        }
        if !head.isEmpty {
            addHead(to: &entries, at: route.place)
        }
        return WrittenRoute(node: PolicyNode(.map(entries), at: route.place), defaults: defaults)
    }

    private func entry(_ key: String, _ node: PolicyNode) -> PolicyNode.Entry {
        PolicyNode.Entry(
            key: key,
            keyPlace: node.place,
            value: Overlay.marked(node, as: name.isEmpty ? "group" : "group \(name)")
        )
    }

    private func addHead(to entries: inout [PolicyNode.Entry], at place: Place) {
        guard let index = entries.firstIndex(where: { $0.key == "pipeline" }) else {
            entries.append(
                PolicyNode.Entry(key: "pipeline", keyPlace: place, value: PolicyNode(.list(head), at: place))
            )
            return
        }
        let old = entries[index]
        let steps: [PolicyNode]
        switch old.value.content {
        case .list(let own): steps = own
        case .empty: steps = []
        case .text, .reference, .map: return
        }
        let value = PolicyNode(.list(head + steps), at: old.value.place)
        entries[index] = PolicyNode.Entry(key: old.key, keyPlace: old.keyPlace, value: value)
    }
}
