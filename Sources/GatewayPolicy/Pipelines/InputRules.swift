internal import GatewayKit

/// The rule that no stage reads what nobody has left for it yet: one check for all of them, by what they declare.
struct InputRules {
    /// Each with the stage that was made of it.
    let steps: [(step: Step, stage: (any StagePlugin)?)]
    let route: String
    let run: LoadingRun

    func check() {
        for (index, (step, stage)) in steps.enumerated() {
            guard let reads = stage?.reads ?? type(of: step)?.reads else { continue }
            for input in reads {
                check(input, of: step, after: steps[..<index].map(\.step))
            }
            for input in stage?.readsIfKnown ?? [] {
                let later = steps[(index + 1)...].map(\.step)
                warn(of: input, read: step, after: steps[..<index].map(\.step), before: later)
            }
        }
    }

    private func type(of step: Step) -> (any StagePlugin.Type)? { run.services.registry.stages[step.word] }

    private func provides(_ step: Step, _ input: StageInput) -> Bool {
        type(of: step)?.provides.contains(input) == true
    }

    private func check(_ input: StageInput, of step: Step, after earlier: [Step]) {
        // A misspelled word is one mistake, not also that of the stage which misses it.
        guard earlier.allSatisfy({ type(of: $0) != nil }), !earlier.contains(where: { provides($0, input) }) else {
            return
        }
        let words = run.services.registry.stages.values.filter { $0.provides.contains(input) }.map { $0.word }.sorted()
        let list = words.map { "'\($0)'" }.joined(separator: " or ")
        let article = words.first?.first.map { "aeiou".contains($0) } == true ? "an" : "a"
        run.note(
            .unknownInput,
            step.place,
            words.isEmpty
                ? "'\(step.word)' reads '\(input.rawValue)', and there is no stage that provides it"
                : "'\(step.word)' needs \(article) \(list) stage before it"
        )
    }

    private func warn(of input: StageInput, read step: Step, after earlier: [Step], before later: [Step]) {
        guard !earlier.contains(where: { provides($0, input) }),
            let provider = later.first(where: { provides($0, input) })
        else { return }
        run.note(
            .lateInput,
            step.place,
            of: route,
            message: "'\(step.word)' would use the \(input.rawValue), which '\(provider.word)' provides only behind it"
                + " (\(provider.place)); move it there"
        )
    }
}
