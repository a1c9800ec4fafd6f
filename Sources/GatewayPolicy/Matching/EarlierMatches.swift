/// The matches of a policy's routes so far, so that the next one is compared only with those that may have a path in
/// common with it: reading a policy takes as long as it is, not as its square.
struct EarlierMatches {
    private final class Node {
        var literals: [String: Node] = [:]
        var parameter: Node?
        /// Those whose path ends here, with their numbers.
        var matches: [(number: Int, match: RouteMatch)] = []
    }

    private var roots: [RouteMatch.Shape: Node] = [:]
    private var count = 0

    /// Numbered from 0 in the order of adding.
    mutating func add(_ match: RouteMatch) {
        let root = roots[match.shape] ?? Node()
        roots[match.shape] = root
        var node = root
        for segment in match.path.comparedSegments {
            switch segment {
            case .literal(let text):
                let next = node.literals[text] ?? Node()
                node.literals[text] = next
                node = next
            case .parameter:
                let next = node.parameter ?? Node()
                node.parameter = next
                node = next
            }
        }
        node.matches.append((count, match))
        count += 1
    }

    /// The number of the first that some request fits as well, where neither is more specific.
    func first(ambiguousWith match: RouteMatch) -> Int? {
        var nodes = roots[match.shape].map { [$0] } ?? []
        for segment in match.path.comparedSegments {
            nodes = nodes.flatMap { Self.nodes(behind: $0, sharing: segment) }
        }
        let ambiguous = nodes.lazy.flatMap(\.matches).filter { $0.match.isAmbiguous(with: match) }
        return ambiguous.map(\.number).min()
    }

    /// A parameter stands for every literal but an empty one.
    private static func nodes(behind node: Node, sharing segment: PathPattern.Segment) -> [Node] {
        switch segment {
        case .literal(let text):
            [node.literals[text], text.isEmpty ? nil : node.parameter].compactMap { $0 }
        case .parameter:
            node.literals.filter { !$0.key.isEmpty }.map(\.value) + [node.parameter].compactMap { $0 }
        }
    }
}

extension PathPattern {
    /// What tells it from others of the same shape.
    fileprivate var comparedSegments: [Segment] {
        switch self {
        case .any: []
        case .exact(let segments), .below(let segments): segments
        case .regex(let regex): [.literal(regex.text)]
        }
    }
}
