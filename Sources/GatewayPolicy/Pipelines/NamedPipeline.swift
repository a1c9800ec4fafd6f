internal import GatewayKit

/// Steps that a policy names once: a list of them, or `{ parameters: {...}, steps: [...] }`.
struct NamedPipeline {
    let place: Place
    let steps: [Step]
    let parameters: PipelineParameters

    init(from entry: PolicyNode.Entry, run: LoadingRun) {
        place = entry.keyPlace
        guard case .map = entry.value.content else {
            steps = Step.list(from: entry.value, named: entry.key, in: entry.key, run: run)
            parameters = PipelineParameters(of: entry.key, from: nil, run: run)
            return
        }
        var settings = run.reader(for: entry.value, word: entry.key)
        let parametersNode = settings.node("parameters")
        let stepsNode = settings.node("steps")
        settings.finish()
        if stepsNode == nil {
            run.note(
                .missingSetting,
                entry.value.place,
                "'\(entry.key)' should be a list of steps, or { parameters: {...}, steps: [...] }"
            )
        }
        parameters = PipelineParameters(of: entry.key, from: parametersNode, run: run)
        steps = stepsNode.map { Step.list(from: $0, named: "steps", in: entry.key, run: run) } ?? []
        if !parameters.all.isEmpty {
            parameters.check(steps)
        }
    }

    /// The steps with these arguments in the place of its parameters.
    func steps(with arguments: [String: PolicyNode]) -> [Step] {
        steps.map { step in
            var step = step
            step.settings = parameters.filled(step.settings, with: arguments)
            return step
        }
    }
}
