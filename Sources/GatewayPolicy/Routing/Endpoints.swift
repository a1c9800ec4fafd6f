internal import HTTPTypes

/// The routes of one host and path, told apart by their methods. No two of them take the same one.
struct Endpoints: Sendable {
    private var named: [(method: HTTPRequest.Method, route: Int)] = []
    private var anyMethod: Int?

    mutating func add(_ route: Int, methods: [HTTPRequest.Method]) {
        if methods.isEmpty {
            anyMethod = anyMethod ?? route
        }
        for method in methods {
            named.append((method, route))
        }
    }

    /// The route that names the method; for `HEAD` then the one that names `GET` (RFC 9110 §9.3.2); then the one that
    /// names none.
    func route(for method: HTTPRequest.Method) -> Int? {
        if let route = routeNaming(method) { return route }
        if method == .head, let route = routeNaming(.get) { return route }
        return anyMethod
    }

    private func routeNaming(_ method: HTTPRequest.Method) -> Int? {
        for index in 0..<named.count where named[index].method == method {
            return named[index].route
        }
        return nil
    }
}
