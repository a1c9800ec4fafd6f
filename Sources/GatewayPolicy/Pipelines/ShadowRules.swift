internal import GatewayKit

/// The rules of stages in shadow: what they no longer ask for, nobody asks for. That is said aloud, and a pipeline that
/// would not work without them is a mistake.
struct ShadowRules {
    private static let auth = "auth"
    private static let caveats = "caveats"

    let route: String
    let steps: [Step]
    let run: LoadingRun

    func check() {
        for step in steps where step.isShadow {
            switch step.word {
            case PipelineRules.price:
                run.note(
                    .shadow,
                    step.place,
                    of: route,
                    message: "'price' stands in shadow: nobody pays, and every request to '\(route)' is served FOR"
                        + " NOTHING"
                )
            case Self.caveats:
                run.note(
                    .shadow,
                    step.place,
                    of: route,
                    message: "'caveats' stands in shadow: whatever was bought opens '\(route)', expired or for another"
                        + " service"
                )
            case Self.auth:
                checkAuth(step)
            default:
                break
            }
        }
    }

    /// What stands behind an `auth` in shadow would find no credential, and no way to pay.
    private func checkAuth(_ auth: Step) {
        let others = steps.filter { [PipelineRules.price, Self.caveats].contains($0.word) }
        if let step = others.first(where: { !$0.isShadow }) {
            run.note(
                step.place,
                "'auth' (\(auth.place)) stands in shadow, so that '\(step.word)' has no credential to look at; put both in"
                    + " shadow, or neither"
            )
        } else {
            run.note(
                .shadow,
                auth.place,
                of: route,
                message: "'auth' stands in shadow: no credential counts on '\(route)', and nobody is asked for one"
            )
        }
    }
}
