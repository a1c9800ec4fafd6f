/// What runs for the requests that match one entry of a policy's `routes`.
public final class Route: Sendable {
    /// Unique in the plan.
    public let name: String
    /// What a credential is bought for: the route's own name unless the policy joins several routes into one service.
    public let service: String
    /// In the order of the policy; the last one replies or forwards.
    public let stages: [any Stage]
    /// The longest request body that is taken, over all messages of a stream; `nil`: any.
    public let bodyLimit: ByteCount?
    /// True when one of its stages meters what is paid for.
    public let isMetered: Bool
    /// Where each of `stages` stands in the policy; `nil` for what the gateway puts in itself. Empty for routes that stand
    /// in no policy.
    package let places: [Place?]

    public convenience init(name: String, service: String? = nil, stages: [any Stage], bodyLimit: ByteCount? = nil) {
        self.init(name: name, service: service, stages: stages, places: [], bodyLimit: bodyLimit)
    }

    package init(name: String, service: String?, stages: [any Stage], places: [Place?], bodyLimit: ByteCount?) {
        self.name = name
        self.service = service ?? name
        self.stages = stages
        self.places = places
        self.bodyLimit = bodyLimit
        isMetered = stages.contains { $0.isMetered }
    }
}

/// Finds the route for a request: a plan, or the fixed routes of a service that the gateway carries itself.
public protocol Routing: Sendable {
    /// `nil`: 404. Called on any event loop, for every request.
    func route(for request: RequestHead) -> Route?
}

/// Everything goes to one route.
public struct SingleRoute: Routing {
    private let route: Route

    public init(_ route: Route) {
        self.route = route
    }

    public func route(for request: RequestHead) -> Route? { route }
}
