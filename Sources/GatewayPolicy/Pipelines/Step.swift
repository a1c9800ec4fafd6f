internal import GatewayKit

/// One entry of a pipeline as it is written: a word and what stands behind it.
struct Step {
    /// Splices in a named pipeline.
    static let use = "use"

    let word: String
    let place: Place
    let settings: PolicyNode
    /// The named pipeline that it is written in; `nil` for the route's own.
    let pipeline: String?

    /// Reads the steps of a list; what is no step is noted and left out.
    static func list(from node: PolicyNode, named name: String, in pipeline: String?, run: LoadingRun) -> [Step] {
        run.items(of: node, named: name).compactMap { one(from: $0, in: pipeline, run: run) }
    }

    private static func one(from node: PolicyNode, in pipeline: String?, run: LoadingRun) -> Step? {
        let step: Step
        switch node.content {
        case .text(let word):
            step = Step(
                word: word,
                place: node.place,
                settings: PolicyNode(.empty, at: node.place),
                pipeline: pipeline
            )
        case .map(let entries):
            guard let entry = entries.first else {
                run.note(node.place, "a step is a word, such as forward: quotes; this map is empty")
                return nil
            }
            if entries.count > 1 {
                run.note(
                    entries[1].keyPlace,
                    "a step is one word: '\(entries[1].key)' needs a '-' of its own, or to be indented below"
                        + " '\(entry.key)'"
                )
            }
            step = Step(word: entry.key, place: entry.keyPlace, settings: entry.value, pipeline: pipeline)
        case .empty, .reference, .list:
            run.note(node.place, "a step is a word, such as forward: quotes, not \(node.kind)")
            return nil
        }
        step.checkWord(run)
        return step
    }

    private func checkWord(_ run: LoadingRun) {
        let stages = run.services.registry.stages
        guard word != Self.use, stages[word] == nil else { return }
        let words = stages.keys.sorted()
        let hint = Guess.hint(for: word, among: words + [Self.use])
        let list = words.isEmpty ? "none" : words.joined(separator: ", ")
        run.note(place, "unknown stage '\(word)'\(hint); there is \(list)")
    }
}
