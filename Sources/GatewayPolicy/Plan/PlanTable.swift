internal import GatewayKit

/// What runs for each route, with the line it came from: for people and for programs.
package struct PlanTable {
    private let plan: Plan
    private let routes: [PlannedRoute]
    private let showsUpstreams: Bool

    /// - Parameter route: the only route to show; `nil`: all of them.
    package init(_ plan: Plan, route name: String? = nil) {
        self.plan = plan
        showsUpstreams = name == nil
        routes = plan.routes.filter { name == nil || $0.route.name == name }
    }

    /// A block a route, and one of the upstreams whose addresses may change; no line end at the end.
    package func text() -> String {
        ([routeBlocks()] + (showsUpstreams ? upstreamBlock() : [])).joined(separator: "\n\n")
    }

    private func upstreamBlock() -> [String] {
        let named = plan.upstreams.compactMap { upstream in upstream.resolveInterval.map { (upstream, $0) } }
        guard !named.isEmpty else { return [] }
        let lines = named.map { upstream, interval in
            let addresses = upstream.endpoints.map(\.address).joined(separator: ", ")
            return "    \(upstream.name)  \(addresses)  resolved every \(interval.formattedForPolicy)"
        }
        return [(["upstreams"] + lines).joined(separator: "\n")]
    }

    private func routeBlocks() -> String {
        let stages = routes.flatMap(\.stages)
        let nameWidth = width(routes.map(\.route.name))
        let wordWidth = width(stages.map(\.word))
        let summaryWidth = width(stages.map(\.summary))
        let placeWidth = width(stages.map { lineDescription($0.place) })
        return routes.map { route in
            var lines = [heading(of: route, nameWidth: nameWidth)]
            for stage in route.stages {
                let columns = [
                    padded(stage.word, to: wordWidth), padded(stage.summary, to: summaryWidth),
                    padded(lineDescription(stage.place), to: placeWidth), remarks(on: stage),
                ]
                lines.append("    " + columns.joined(separator: "  "))
            }
            return lines.map(withoutTrailingSpaces).joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    /// One object, keys sorted.
    ///
    /// - Parameter isFull: with each value, where it came from and what it overrode.
    package func json(isFull: Bool = false) -> String {
        PlanDocument(plan, routes: routes, isFull: isFull).json()
    }

    private func heading(of route: PlannedRoute, nameWidth: Int) -> String {
        let service = route.route.service == route.route.name ? "" : "  (service \(route.route.service))"
        let bodies = route.route.bodyLimit.map { "  (bodies up to \($0))" } ?? ""
        return "\(padded(route.route.name, to: nameWidth))  \(route.match)\(service)\(bodies)"
    }

    private func remarks(on stage: PlannedStage) -> String {
        [stage.pipeline.map { "via \($0)" }, stage.isShadow ? "SHADOW" : nil].compactMap(\.self).joined(separator: "  ")
    }

    private func lineDescription(_ place: Place) -> String { "\(place.file):\(place.line)" }

    private func width(_ texts: [String]) -> Int { texts.map(\.count).max() ?? 0 }

    private func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private func withoutTrailingSpaces(_ line: String) -> String {
        var line = line[...]
        while line.last == " " {
            line.removeLast()
        }
        return String(line)
    }
}
