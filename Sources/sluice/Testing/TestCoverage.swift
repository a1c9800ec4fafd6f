internal import GatewayKit
package import GatewayPolicy
internal import GatewayServer
internal import NIOConcurrencyHelpers

/// Which routes and stages of a policy its tests have reached, and which stages have decided.
package final class TestCoverage: Sendable {
    private struct Key: Hashable {
        let route: String
        let place: Place
    }

    private struct State {
        var routes: Set<String> = []
        var reached: Set<Key> = []
        var decided: Set<Key> = []
    }

    package struct Stage: Encodable, Sendable {
        package let route: String
        package let word: String
        package let place: String
        package let isReached: Bool
        /// It answered, forwarded, or rejected a credential.
        package let hasDecided: Bool
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    func note(_ outcome: TrialOutcome) {
        guard let route = outcome.route else { return }
        state.withLockedValue { state in
            state.routes.insert(route)
            for step in outcome.steps {
                guard let place = step.place else { continue }
                state.reached.insert(Key(route: route, place: place))
                if step.hasDecided || step.inputs.contains(where: { $0.name == "would refuse" }) {
                    state.decided.insert(Key(route: route, place: place))
                }
            }
        }
    }

    /// Of every route of a plan, in the order of the policy.
    package func stages(of plan: Plan) -> [Stage] {
        state.withLockedValue { state in
            plan.routes.flatMap { planned in
                planned.stages.map { stage in
                    let key = Key(route: planned.route.name, place: stage.place)
                    return Stage(
                        route: planned.route.name,
                        word: stage.word,
                        place: "\(stage.place)",
                        isReached: state.reached.contains(key),
                        hasDecided: state.decided.contains(key)
                    )
                }
            }
        }
    }

    package func unreachedRoutes(of plan: Plan) -> [PlannedRoute] {
        state.withLockedValue { state in plan.routes.filter { !state.routes.contains($0.route.name) } }
    }
}
