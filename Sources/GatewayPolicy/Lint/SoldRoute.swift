internal import GatewayKit
internal import HTTPTypes

/// A route that leads to a service, as the money lint sees it: where, for how much, and as what path.
struct SoldRoute {
    enum Cost: Equatable {
        case free
        /// Depends on the request, and is nothing for some.
        case freeForSome
        case fixed(Price)
        /// As often as a bundle of this price lasts.
        case bundle(Amount)
        /// Depends on the request.
        case asked

        func isLess(than other: Cost) -> Bool {
            switch (self, other) {
            case (.free, .free): false
            case (.free, _): true
            case (.freeForSome, .free), (.freeForSome, .freeForSome): false
            case (.freeForSome, _): true
            case (.fixed(let price), .fixed(let others)): price.isLess(than: others)
            case (.bundle(let amount), .bundle(let others)): amount < others
            case (.fixed, _), (.bundle, _), (.asked, _): false
            }
        }

        /// As a message says it: `for nothing`.
        var description: String {
            switch self {
            case .free: "for nothing"
            case .freeForSome: "for nothing where a rule says so"
            case .fixed(let price): "for \(price)"
            case .bundle(let amount): "from a bundle of \(amount)"
            case .asked: "for the price of its pricer"
            }
        }
    }

    let draft: RouteDraft
    let upstream: Upstream
    let cost: Cost
    /// The paths that stand for all of its own.
    let samples: [String]

    /// `nil` for a route that answers itself, could not be read as a whole, or is told apart by what a body calls.
    init?(_ draft: RouteDraft) {
        guard draft.isMatchRead, draft.match.call == nil, draft.stages.count == draft.steps.count,
            let upstream = draft.stages.last?.upstream
        else { return nil }
        self.draft = draft
        self.upstream = upstream
        samples = PathSample.paths(of: draft.match.path)
        guard !draft.isFreeForSome else {
            cost = .freeForSome
            return
        }
        switch draft.listedPrice {
        case nil: cost = .free
        case .fixed(let amount)?: cost = .fixed(.bitcoin(amount))
        case .fiat(let amount)?: cost = .fixed(.fiat(amount))
        case .bundle(let amount)?: cost = .bundle(amount)
        case .asked?: cost = .asked
        }
    }

    var match: RouteMatch { draft.match }

    /// A host that the route is for.
    var host: String {
        switch match.host {
        case .any: "any.example"
        case .exact(let name): name
        case .below(let name): "any.\(name)"
        }
    }

    var methods: [HTTPRequest.Method] { match.methods.isEmpty ? [.get, .post] : match.methods }

    func accepts(_ method: HTTPRequest.Method) -> Bool {
        match.methods.isEmpty || match.methods.contains(method) || method == .head && match.methods.contains(.get)
    }

    /// The path that the upstream sees of a request.
    func forwardedPath(of path: String) -> String {
        draft.stages.reduce(path) { $1.forwardedPath(of: $0) }
    }

    /// True when both lead to a server that is the same.
    func sharesUpstream(with other: SoldRoute) -> Bool {
        upstream.sharesServer(with: other.upstream)
    }
}
