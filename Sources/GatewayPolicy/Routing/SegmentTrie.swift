internal import GatewayKit
internal import HTTPTypes

/// The paths of all hosts of a plan, segment by segment: one tree a host.
///
/// Finding a path of literals takes as long as the path is, however many routes there are. Where a literal leads nowhere,
/// `{name}` is tried, from the last segment back.
struct SegmentTrie: Sendable {
    private struct Node {
        /// The node behind a `{name}`.
        var parameter: Int?
        /// The routes whose path ends here.
        var exact = Endpoints()
        /// The routes that take everything below.
        var below = Endpoints()
        var hasBelow = false
    }

    /// The route of the longest `/prefix/*` that was passed.
    struct Prefix {
        fileprivate var depth = -1
        fileprivate(set) var route: Int?
    }

    private static let slash = UInt8(ascii: "/")
    private var nodes: [Node] = []
    private var edges = ByteTable()

    /// The root of a new tree.
    mutating func addRoot() -> Int {
        nodes.append(Node())
        return nodes.count - 1
    }

    mutating func add(_ route: Int, at segments: [PathPattern.Segment], root: Int, _ match: RouteMatch) {
        let node = node(for: segments, root: root)
        nodes[node].exact.add(route, match)
    }

    mutating func add(_ route: Int, below segments: [PathPattern.Segment], root: Int, _ match: RouteMatch) {
        let node = node(for: segments, root: root)
        nodes[node].below.add(route, match)
        nodes[node].hasBelow = true
    }

    /// The route whose whole path fits best; `prefix` becomes the best of those that take everything below, of use only
    /// when there is none.
    func route(
        for path: UnsafeRawBufferPointer,
        root: Int,
        _ request: RequestHead,
        as method: HTTPRequest.Method,
        prefix: inout Prefix
    ) -> Int? {
        guard path.count > 0, path[0] == Self.slash else { return nil }
        return route(for: path, from: 1, at: root, depth: 0, request, as: method, prefix: &prefix)
    }

    /// - Parameter start: where the segment begins: behind a slash.
    private func route(
        for path: UnsafeRawBufferPointer,
        from start: Int,
        at index: Int,
        depth: Int,
        _ request: RequestHead,
        as method: HTTPRequest.Method,
        prefix: inout Prefix
    ) -> Int? {
        if nodes[index].hasBelow, depth > prefix.depth, let route = nodes[index].below.route(for: request, as: method) {
            prefix = Prefix(depth: depth, route: route)
        }
        var end = start
        while end < path.count, path[end] != Self.slash {
            end += 1
        }
        let literal = edges.value(owner: index, path, in: start..<end)
        let parameter = end > start ? nodes[index].parameter : nil
        if end == path.count {
            return literal.flatMap { nodes[$0].exact.route(for: request, as: method) }
                ?? parameter.flatMap { nodes[$0].exact.route(for: request, as: method) }
        }
        if let literal,
            let route = route(
                for: path,
                from: end + 1,
                at: literal,
                depth: depth + 1,
                request,
                as: method,
                prefix: &prefix
            )
        {
            return route
        }
        guard let parameter else { return nil }
        return route(
            for: path,
            from: end + 1,
            at: parameter,
            depth: depth + 1,
            request,
            as: method,
            prefix: &prefix
        )
    }

    private mutating func node(for segments: [PathPattern.Segment], root: Int) -> Int {
        var node = root
        for segment in segments {
            switch segment {
            case .literal(let text):
                let key = Array(text.utf8)
                if let next = edges.value(owner: node, key) {
                    node = next
                } else {
                    let next = addRoot()
                    edges.insert(next, owner: node, key: key)
                    node = next
                }
            case .parameter:
                let next = nodes[node].parameter ?? addRoot()
                nodes[node].parameter = next
                node = next
            }
        }
        return node
    }
}
