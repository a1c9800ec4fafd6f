internal import GatewayKit

/// The named pipelines of a policy, and the splicing of `use`.
struct NamedPipelines {
    /// No route needs more; pipelines that use others twice make a few lines into many.
    private static let stepLimit = 100

    private let entries: [PolicyNode.Entry]
    private let steps: [String: [Step]]
    private let run: LoadingRun
    private var used: Set<String> = []

    init(_ entries: [PolicyNode.Entry], run: LoadingRun) {
        self.entries = entries
        self.run = run
        var steps = [String: [Step]]()
        for entry in entries {
            steps[entry.key] = Step.list(from: entry.value, named: entry.key, in: entry.key, run: run)
        }
        self.steps = steps
        refuseCircles()
    }

    /// The steps with every `use` replaced by what it names.
    mutating func spliced(_ written: [Step], route: String, at place: Place) -> [Step] {
        var result = [Step]()
        if !splice(written, chain: [], into: &result) {
            run.note(place, "the route '\(route)' has more than \(Self.stepLimit) steps")
        }
        return result
    }

    /// Warns of what no route uses. Called once, after the last route.
    func warnOfUnused() {
        for entry in entries where !used.contains(entry.key) {
            run.warn(entry.keyPlace, "no route uses the pipeline '\(entry.key)'")
        }
    }

    /// False when there are too many.
    private mutating func splice(_ written: [Step], chain: [String], into result: inout [Step]) -> Bool {
        for step in written {
            guard step.word == Step.use else {
                guard result.count < Self.stepLimit else { return false }
                result.append(step)
                continue
            }
            guard let name = name(usedBy: step), let inner = steps[name], !chain.contains(name) else { continue }
            used.insert(name)
            guard splice(inner, chain: chain + [name], into: &result) else { return false }
        }
        return true
    }

    /// Notes a mistake where it names none.
    private func name(usedBy step: Step) -> String? {
        guard case .text(let name) = step.settings.content else {
            run.note(step.settings.place, "'use' should be the name of a pipeline, not \(step.settings.kind)")
            return nil
        }
        guard steps[name] != nil else {
            let names = entries.map(\.key)
            let hint = Guess.hint(for: name, among: names)
            let list = names.isEmpty ? "none" : names.joined(separator: ", ")
            run.note(step.settings.place, "unknown pipeline '\(name)'\(hint); there is \(list)")
            return nil
        }
        return name
    }

    private func refuseCircles() {
        var done: Set<String> = []
        for entry in entries {
            follow(entry.key, chain: [], done: &done)
        }
    }

    /// Depth first; each pipeline is followed once. Also notes the names that do not exist in pipelines nobody uses.
    private func follow(_ name: String, chain: [String], done: inout Set<String>) {
        guard !done.contains(name) else { return }
        let chain = chain + [name]
        for step in steps[name] ?? [] where step.word == Step.use {
            guard let next = self.name(usedBy: step) else { continue }
            if let start = chain.firstIndex(of: next) {
                let circle = (chain[start...] + [next]).joined(separator: " -> ")
                run.note(step.settings.place, "the pipeline '\(next)' uses itself: \(circle)")
            } else {
                follow(next, chain: chain, done: &done)
            }
        }
        done.insert(name)
    }
}
