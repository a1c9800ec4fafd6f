internal import GatewayKit

/// One entry of a pipeline as it is written: a word and what stands behind it.
struct Step {
    /// Splices in a named pipeline.
    static let use = "use"
    /// Stands beside the word: `{ price: 10 sat, shadow: true }`.
    static let shadow = "shadow"

    let word: String
    let place: Place
    var settings: PolicyNode
    /// The named pipeline that it is written in; `nil` for the route's own.
    let pipeline: String?
    /// What it decides is written down and has no effect.
    var isShadow = false

    /// Reads the steps of a list; what is no step is noted and left out.
    static func list(from node: PolicyNode, named name: String, in pipeline: String?, run: LoadingRun) -> [Step] {
        run.items(of: node, named: name).compactMap { one(from: $0, in: pipeline, run: run) }
    }

    private static func one(from node: PolicyNode, in pipeline: String?, run: LoadingRun) -> Step? {
        var step: Step
        switch node.content {
        case .text(let word):
            step = Step(
                word: word,
                place: node.place,
                settings: PolicyNode(.empty, at: node.place),
                pipeline: pipeline
            )
        case .map(let all):
            let entries = all.filter { $0.key != Self.shadow }
            guard let entry = entries.first else {
                run.note(.stepForm, node.place, "a step is a word, such as forward: quotes; this map is empty")
                return nil
            }
            if entries.count > 1 {
                run.note(
                    .stepForm,
                    entries[1].keyPlace,
                    "a step is one word: '\(entries[1].key)' needs a '-' of its own, or to be indented below"
                        + " '\(entry.key)'"
                )
            }
            step = Step(word: entry.key, place: entry.keyPlace, settings: entry.value, pipeline: pipeline)
            if let shadow = all.first(where: { $0.key == Self.shadow }) { step.readShadow(shadow, run) }
        case .empty, .reference, .list:
            run.note(.stepForm, node.place, "a step is a word, such as forward: quotes, not \(node.kind)")
            return nil
        }
        step.checkWord(run)
        return step
    }

    private mutating func readShadow(_ entry: PolicyNode.Entry, _ run: LoadingRun) {
        let reader = run.reader(for: entry.value, word: entry.key)
        isShadow =
            reader.value(of: entry.value, named: "'\(entry.key)'", expected: "true or false") { text in
                ["true": true, "false": false][text]
            } ?? false
        guard isShadow else { return }
        if word == Self.use {
            run.note(
                entry.keyPlace,
                "a pipeline that is used has no 'shadow'; write it beside its steps, or at the route"
            )
            isShadow = false
        } else if run.services.registry.stages[word]?.isLast == true {
            run.note(entry.keyPlace, "'\(word)' answers every request, so that it cannot stand in shadow")
            isShadow = false
        }
    }

    private func checkWord(_ run: LoadingRun) {
        let stages = run.services.registry.stages
        guard word != Self.use, stages[word] == nil else { return }
        let words = stages.keys.sorted()
        let hint = Guess.hint(for: word, among: words + [Self.use])
        let list = words.isEmpty ? "none" : words.joined(separator: ", ")
        run.note(.unknownPlugin, place, "unknown stage '\(word)'\(hint); there is \(list)")
    }
}
