internal import GatewayKit

/// The rules of a whole pipeline: which stage needs which before it, what stands last, and what would sell what nobody
/// checks.
struct PipelineRules {
    private static let auth = "auth"
    private static let caveats = "caveats"
    static let price = "price"
    static let rateLimit = "rate-limit"

    let route: String
    let steps: [Step]
    /// False where a step could not be read: what seems to be missing may be that one.
    let isWhole: Bool
    /// Where it is told that the pipeline as a whole lacks something.
    let end: Place
    let run: LoadingRun

    func check() {
        checkBeginning()
        checkEnd()
        checkAuth()
        checkAsking()
        checkPrice()
        ShadowRules(route: route, steps: steps, run: run).check()
    }

    private func type(of step: Step) -> (any StagePlugin.Type)? { run.services.registry.stages[step.word] }

    private func checkBeginning() {
        for (index, step) in steps.enumerated() where index > 0 && type(of: step)?.answersPreflights == true {
            run.note(
                .preflightNotFirst,
                step.place,
                "'\(step.word)' stands behind '\(steps[index - 1].word)'; it should be the first step, or what stands"
                    + " before it would answer without it"
            )
        }
    }

    private func checkEnd() {
        guard let last = steps.firstIndex(where: { type(of: $0)?.isLast == true }) else {
            guard isWhole, steps.allSatisfy({ type(of: $0) != nil }) else { return }
            let words = run.services.registry.stages.values.filter { $0.isLast }.map { "'\($0.word)'" }.sorted()
            run.note(
                .noEnd,
                end,
                "the route '\(route)' does not end: the last step should be \(words.joined(separator: " or "))"
            )
            return
        }
        if last + 1 < steps.count {
            let next = steps[last + 1]
            run.note(
                .stageAfterEnd,
                next.place,
                "'\(next.word)' stands behind '\(steps[last].word)', which must be the last step"
            )
        }
    }

    private func checkAuth() {
        let all = steps.filter { $0.word == Self.auth }
        guard all.count > 1 else { return }
        run.note(
            .authTwice,
            all[1].place,
            "'auth' stands a second time (the first is at \(all[0].place)); one 'auth' takes a list of schemes"
        )
    }

    /// `auth` recognises and never refuses: only `price` asks for what is not there.
    private func checkAsking() {
        guard let auth = steps.first(where: { $0.word == Self.auth }), isWhole,
            steps.allSatisfy({ type(of: $0) != nil && $0.word != Self.price })
        else { return }
        run.note(
            .authWithoutPrice,
            auth.place,
            of: route,
            message:
                "the route '\(route)' has 'auth' and no 'price', so requests without a credential go through as well; add"
                + " a 'price' behind 'caveats' to ask them to pay, or take 'auth' out if the route is free"
        )
    }

    /// True unless each scheme of an `auth` is one whose credentials never carry caveats.
    private func carriesCaveats(_ auth: Step) -> Bool {
        let nodes: [PolicyNode] =
            if case .list(let nodes) = auth.settings.content { nodes } else { [auth.settings] }
        return nodes.contains { node in
            let word: String? =
                switch node.content {
                case .text(let word): word
                case .map(let entries):
                    switch (entries.first { $0.key == "use" })?.value.content {
                    case .text(let word)?: word
                    default: entries.first?.key
                    }
                case .empty, .reference, .list: nil
                }
            return word.flatMap { run.services.registry.schemes[$0] }?.carriesCaveats ?? true
        }
    }

    private func checkPrice() {
        guard let price = steps.firstIndex(where: { $0.word == Self.price }) else { return }
        let earlier = steps[..<price]
        if let auth = earlier.firstIndex(where: { $0.word == Self.auth }),
            carriesCaveats(steps[auth]), !earlier[auth...].contains(where: { $0.word == Self.caveats }),
            earlier.allSatisfy({ type(of: $0) != nil })
        {
            run.note(
                .uncheckedCaveats,
                steps[auth].place,
                "'auth' needs a 'caveats' stage between it and 'price', or nothing would check the caveats of what was"
                    + " paid for; add '- caveats: [expires, service]'"
            )
        }
    }
}
