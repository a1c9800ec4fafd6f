import GatewayKit

/// What a gateway's connections keep: there as long as any of them is.
struct FaultTraces: Sendable {
    private struct Trace: Sendable {
        weak let upstream: Upstream?
    }

    private weak let route: Route?
    private let traces: [Trace]

    init(of course: FaultCourse) {
        route = course.route
        traces = course.upstreams.all.map { Trace(upstream: $0) }
    }

    /// A client's connection, or an exchange, is still there.
    var keepsClients: Bool { route != nil }

    /// Whose connections, or pool, are still there.
    var upstreams: [String] {
        traces.compactMap { $0.upstream?.name }
    }
}

/// What is left of runs that have ended.
struct FaultRemains {
    /// Connections to upstreams, as the gateway counts them.
    let pooled: Int
    let others: [String]
}
