internal import GatewayKit

/// Where each value of a plan came from, and what it overrode: for people and for programs.
package struct PlanValues {
    /// Values that belong together: a route, one of its stages, or `listen`.
    struct Block {
        let title: String
        let values: [PlanValue]
    }

    private let blocks: [Block]

    /// - Parameter route: the only route to show; `nil`: all of them, and what stands beside them.
    package init(_ plan: Plan, route name: String? = nil) {
        let settings = name == nil ? plan.settings : []
        let beside = settings.map {
            Block(title: $0.key, values: PlanValue.all(of: $0.value, named: "", hiding: plan.secrets))
        }
        let routes = plan.routes.filter { name == nil || $0.route.name == name }.flatMap { route in
            [
                Block(
                    title: "route \(route.route.name)",
                    values: PlanValue.all(of: route.settings, named: "", hiding: plan.secrets)
                )
            ]
                + route.stages.map { stage in
                    Block(
                        title: "route \(route.route.name), \(stage.word)  \(Self.line(of: stage.place))"
                            + (stage.pipeline.map { "  via \($0)" } ?? ""),
                        values: PlanValue.all(of: stage.settings, named: "", hiding: plan.secrets)
                    )
                }
        }
        blocks = beside + routes
    }

    /// A block a line each, with its values below; no line end at the end.
    package func text() -> String {
        blocks.map { block in
            let width = block.values.map(\.key.count).max() ?? 0
            let lines = block.values.flatMap { value -> [String] in
                // Settings that are one text have no key.
                let key = width == 0 ? "" : value.key + String(repeating: " ", count: width - value.key.count + 2)
                return ["    \(key)\(value.text)  \(Self.line(of: value.place))\(Self.note(value.origin))"]
                    + value.overrode.map {
                        "        over \($0.text)  \(Self.line(of: $0.place))\(Self.note($0.origin))"
                    }
            }
            return ([block.title] + lines).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func line(of place: Place) -> String { "\(place.file):\(place.line)" }

    private static func note(_ origin: String?) -> String { origin.map { "  (\($0))" } ?? "" }
}
