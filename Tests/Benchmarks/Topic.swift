internal import ArgumentParser

/// What `--only` can name.
enum Topic: String, CaseIterable {
    case http1, paid, tls, h2, grpc, bodies, sse, idle, latency, metered, routes, expressions, prices
    case flood, startup

    var scenarios: [any Scenario] {
        switch self {
        case .http1: [LoadScenario.http1]
        case .paid: [LoadScenario.paid]
        case .tls: [LoadScenario.tls]
        case .h2: [LoadScenario.http2]
        case .grpc: [LoadScenario.grpc]
        case .bodies: LoadScenario.bodies
        case .sse: [EventScenario()]
        case .idle: [IdleScenario()]
        case .latency: [LatencyScenario()]
        case .metered: [MeteredScenario()]
        case .routes: RouteScenario.all
        case .expressions: ExpressionScenario.all
        case .prices: PriceScenario.all
        case .flood: FloodScenario.all
        case .startup: StartupScenario.all
        }
    }

    /// Reads `http1,paid`; a scenario that is named twice runs once.
    @Sendable static func list(_ text: String) throws -> [Topic] {
        let words = text.split(separator: ",").map { $0.drop { $0 == " " } }
        for word in words where Topic(rawValue: String(word)) == nil {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(word)' should be one of \(known)")
        }
        let chosen = allCases.filter { words.contains(Substring($0.rawValue)) }
        guard !chosen.isEmpty else { throw ValidationError("--only should name a scenario") }
        return chosen
    }
}
