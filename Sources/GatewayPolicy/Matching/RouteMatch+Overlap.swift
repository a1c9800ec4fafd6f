internal import GatewayKit
internal import HTTPTypes

extension RouteMatch {
    /// How two patterns of the same kind, host and length stand to each other.
    private enum Relation {
        /// No path fits both.
        case disjoint
        /// One is more specific, or their order is fixed otherwise.
        case ordered
        case same
        /// Some path fits both, and each fits paths that the other does not.
        case crossing
    }

    /// What two ambiguous matches have in common, so that only these need to be compared.
    struct Shape: Hashable {
        fileprivate let host: HostPattern
        fileprivate let kind: Int
        fileprivate let length: Int
    }

    var shape: Shape {
        switch path {
        case .any: Shape(host: host, kind: 0, length: 0)
        case .exact(let segments): Shape(host: host, kind: 1, length: segments.count)
        case .below(let segments): Shape(host: host, kind: 2, length: segments.count)
        case .regex: Shape(host: host, kind: 3, length: 0)
        }
    }

    /// True when some request fits both and neither is more specific.
    func isAmbiguous(with other: RouteMatch) -> Bool {
        guard shape == other.shape else { return false }
        switch relation(to: other) {
        case .disjoint, .ordered:
            return false
        case .same where call != nil || other.call != nil:
            // What a body calls is more specific than no word about it.
            guard let call, let others = other.call else { return false }
            return call.isAmbiguous(with: others)
        case .same where (when == nil) != (other.when == nil):
            // What says more about the head is more specific.
            return false
        case .same where when?.text != other.when?.text:
            // Asked in the order of the policy, as regular expressions are.
            return false
        case .same:
            return methods.isEmpty && other.methods.isEmpty || methods.contains(where: other.methods.contains)
        case .crossing:
            return methods.isEmpty || other.methods.isEmpty || methods.contains(where: other.accepts)
                || other.methods.contains(where: accepts)
        }
    }

    private func accepts(_ method: HTTPRequest.Method) -> Bool {
        methods.contains(method) || method == .head && methods.contains(.get)
    }

    private func relation(to other: RouteMatch) -> Relation {
        switch (path, other.path) {
        case (.any, .any): .same
        case (.exact(let segments), .exact(let others)), (.below(let segments), .below(let others)):
            Self.relation(of: segments, to: others)
        case (.regex(let regex), .regex(let other)): regex.text == other.text ? .same : .ordered
        default: .ordered
        }
    }

    private static func relation(of segments: [PathPattern.Segment], to others: [PathPattern.Segment]) -> Relation {
        var isNarrower = false
        var isWider = false
        for pair in zip(segments, others) {
            switch pair {
            case (.literal(let text), .literal(let other)):
                if text != other { return .disjoint }
            case (.literal(let text), .parameter):
                // A parameter is never empty.
                if text.isEmpty { return .disjoint }
                isNarrower = true
            case (.parameter, .literal(let text)):
                if text.isEmpty { return .disjoint }
                isWider = true
            case (.parameter, .parameter):
                break
            }
        }
        return isNarrower && isWider ? .crossing : isNarrower || isWider ? .ordered : .same
    }

    // MARK: Calls

    /// True when calls of both may come to the same path, but are not looked for together: only the routes of one and the
    /// same place are told apart by what a body calls.
    func dividesCalls(with other: RouteMatch) -> Bool {
        call != nil && other.call != nil && Self.share(host, other.host) && Self.share(path, other.path)
            && !isOfSamePlace(as: other)
    }

    /// True when it is for more paths than one, and some of them begin as those of the other one do.
    func surrounds(_ other: RouteMatch) -> Bool {
        guard !isOfSamePlace(as: other), Self.share(host, other.host) else { return false }
        return switch path {
        case .any, .regex: true
        case .exact: false
        case .below(let prefix):
            switch other.path {
            case .any, .regex: false
            case .exact(let segments), .below(let segments):
                segments.count >= prefix.count && Self.relation(of: prefix, to: segments) != .disjoint
            }
        }
    }

    private static func share(_ host: HostPattern, _ other: HostPattern) -> Bool {
        switch (host, other) {
        case (.any, _), (_, .any): true
        case (.exact(let name), .exact(let other)): name == other
        case (.exact(let name), .below(let suffix)), (.below(let suffix), .exact(let name)):
            name.hasSuffix(".\(suffix)")
        case (.below(let suffix), .below(let other)):
            suffix == other || suffix.hasSuffix(".\(other)") || other.hasSuffix(".\(suffix)")
        }
    }

    private static func share(_ path: PathPattern, _ other: PathPattern) -> Bool {
        switch (path, other) {
        // What an expression fits is not known.
        case (.any, _), (_, .any), (.regex, _), (_, .regex): true
        case (.exact(let segments), .exact(let others)):
            segments.count == others.count && relation(of: segments, to: others) != .disjoint
        case (.exact(let segments), .below(let prefix)), (.below(let prefix), .exact(let segments)):
            segments.count > prefix.count && relation(of: segments, to: prefix) != .disjoint
        case (.below(let prefix), .below(let other)): relation(of: prefix, to: other) != .disjoint
        }
    }
}
