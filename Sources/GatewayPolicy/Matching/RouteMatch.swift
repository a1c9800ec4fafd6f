package import HTTPTypes

/// Which requests a route is for.
package struct RouteMatch: Sendable {
    package let host: HostPattern
    package let path: PathPattern
    /// Empty: every method. `GET` stands for `HEAD` too, where no route of the same path names `HEAD`.
    package let methods: [HTTPRequest.Method]

    package static let everything = RouteMatch(host: .any, path: .any, methods: [])
}

extension RouteMatch: CustomStringConvertible {
    /// `GET api.example.com/v1/quotes/*`; `*` for what is left open altogether.
    package var description: String {
        let methods = methods.map(\.rawValue).joined(separator: ",")
        let target: String =
            switch path {
            case .any: host == .any ? "*" : "\(host)/*"
            case .exact, .below: "\(host)\(path)"
            case .regex: "\(host) regex \(path)".trimmingSpace
            }
        return methods.isEmpty ? target : "\(methods) \(target)"
    }
}

extension String {
    fileprivate var trimmingSpace: String { String(drop { $0 == " " }) }
}
