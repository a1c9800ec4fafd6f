internal import GatewayKit

/// The rule that invoices are not made without limit: before a price stands a limit that nobody keeps out of the way of.
struct LimitRules {
    /// Each with the stage that was made of it.
    let steps: [(step: Step, stage: (any StagePlugin)?)]
    let route: String
    let run: LoadingRun

    func check() {
        guard let price = steps.firstIndex(where: { $0.step.word == PipelineRules.price }),
            !steps[price].step.isShadow
        else { return }
        let limits = steps[..<price].filter { $0.step.word == PipelineRules.rateLimit && !$0.step.isShadow }
        // One that could not be made is a mistake of its own.
        guard limits.allSatisfy({ $0.stage?.isEvadable == true }) else { return }
        let lack = limits.isEmpty ? "" : " that counts by token, address or route, which no client makes up"
        run.note(
            .noRateLimit,
            steps[price].step.place,
            of: route,
            message: "the route '\(route)' has no 'rate-limit' before 'price'\(lack): anybody may have invoices made"
                + " without limit"
        )
    }
}
