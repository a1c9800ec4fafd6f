internal import GatewayKit
internal import HTTPTypes

/// The routes of one host and path, told apart by their methods and by what else they ask of the head.
struct Endpoints: Sendable {
    /// The number of no route: what decides about the request cannot be told.
    static let undecided = Int.max

    private struct Candidate {
        /// `nil`: any.
        let method: HTTPRequest.Method?
        let when: Expression?
        let route: Int
    }

    /// Of one method, those with a condition first, in the order of the policy.
    private var candidates: [Candidate] = []

    mutating func add(_ route: Int, _ match: RouteMatch) {
        for method in match.methods.isEmpty ? [nil] : match.methods.map(Optional.some) {
            let candidate = Candidate(method: method, when: match.when, route: route)
            guard match.when != nil, let index = candidates.firstIndex(where: { $0.method == method && $0.when == nil })
            else {
                candidates.append(candidate)
                continue
            }
            candidates.insert(candidate, at: index)
        }
    }

    /// The route that names the method; for `HEAD` then the one that names `GET` (RFC 9110 §9.3.2); then the one that
    /// names none. `undecided` when a condition fails that may or may not hold.
    func route(for request: RequestHead, as method: HTTPRequest.Method) -> Int? {
        if let route = routeNaming(method, for: request) { return route }
        if method == .head, let route = routeNaming(.get, for: request) { return route }
        return routeNaming(nil, for: request)
    }

    private func routeNaming(_ method: HTTPRequest.Method?, for request: RequestHead) -> Int? {
        for index in 0..<candidates.count where candidates[index].method == method {
            guard let when = candidates[index].when else { return candidates[index].route }
            switch when.holds(for: .head(request)) {
            case .success(true): return candidates[index].route
            case .success(false): continue
            // Who does not send what is asked about has not fulfilled it.
            case .failure(let failure) where failure.reason == .absent: continue
            case .failure: return Self.undecided
            }
        }
        return nil
    }
}
