package import GatewayKit
package import HTTPTypes

/// Which requests a route is for.
package struct RouteMatch: Sendable {
    package let host: HostPattern
    package let path: PathPattern
    /// Empty: every method. `GET` stands for `HEAD` too, where no route of the same path names `HEAD`.
    package let methods: [HTTPRequest.Method]
    /// What the body is to call; `nil`: the body is not looked at.
    package let call: CallPattern?
    /// What the head is to fulfil besides; `nil`: nothing. Such a route comes before one of the same place and methods that
    /// has none, and of several the first in the policy.
    package var when: Expression? = nil

    package static let everything = RouteMatch(host: .any, path: .any, methods: [], call: nil)

    /// The hosts and paths that it is for.
    struct Site: Hashable {
        let host: HostPattern
        let path: PathPattern
    }

    var site: Site { Site(host: host, path: path) }

    /// True when both are for the same hosts and paths.
    func isOfSamePlace(as other: RouteMatch) -> Bool { site == other.site }
}

extension RouteMatch: CustomStringConvertible {
    /// `GET api.example.com/v1/quotes/*`; `*` for what is left open altogether.
    package var description: String {
        let methods = methods.map(\.rawValue).joined(separator: ",")
        let place = methods.isEmpty ? target : "\(methods) \(target)"
        let head = when.map { "\(place) when \($0)" } ?? place
        return call.map { "\(head) \($0.kind.rawValue) \($0)" } ?? head
    }
}

extension RouteMatch {
    /// Host and path as `description` has them.
    var target: String {
        switch path {
        case .any: host == .any ? "*" : "\(host)/*"
        case .exact, .below: "\(host)\(path)"
        case .regex: "\(host) regex \(path)".trimmingSpace
        }
    }
}

extension String {
    fileprivate var trimmingSpace: String { String(drop { $0 == " " }) }
}
