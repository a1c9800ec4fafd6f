package import GatewayKit
internal import HTTPTypes

extension Plan {
    /// The routes that match a request by its head, each as if it were the only one.
    package func candidates(for request: RequestHead) -> [PlannedRoute] {
        let method = request.preflightMethod ?? request.method
        return routes.filter { RouteTable([$0.match]).route(for: request, as: method) != nil }
    }
}

extension RouteMatch {
    /// Why this one and not another that matches the same request: the first thing that makes it more specific.
    package func reason(over other: RouteMatch) -> String {
        if host.rank != other.host.rank {
            return "\(host.kind) is more specific than \(other.host.kind)"
        }
        if path.rank != other.path.rank {
            return "\(path.kind) is more specific than \(other.path.kind)"
        }
        if call != nil, other.call == nil { return "what the body calls is asked before what its head says" }
        if call != nil || other.call != nil { return "the body calls what it is for" }
        if methods.isEmpty != other.methods.isEmpty { return "a method that is named is more specific than any" }
        switch path {
        case .below: return "the longer prefix is more specific"
        case .exact: return "what is written out is more specific than {name}"
        case .regex: return "of two regular expressions the first in the policy is taken"
        case .any: return "it is more specific"
        }
    }
}

extension HostPattern {
    fileprivate var rank: Int {
        switch self {
        case .exact: Int.max
        case .below(let name): 1 + name.utf8.count
        case .any: 0
        }
    }

    fileprivate var kind: String {
        switch self {
        case .exact(let name): "the host \(name)"
        case .below(let name): "the hosts *.\(name)"
        case .any: "any host"
        }
    }
}

extension PathPattern {
    fileprivate var rank: Int {
        switch self {
        case .exact: 3
        case .regex: 2
        case .below: 1
        case .any: 0
        }
    }

    fileprivate var kind: String {
        switch self {
        case .exact: "a whole path"
        case .regex: "a regular expression"
        case .below: "a prefix"
        case .any: "any path"
        }
    }
}
