internal import GatewayKit

/// The named pipelines of a policy, and the splicing of `use`.
struct NamedPipelines {
    /// No route needs more; pipelines that use others twice make a few lines into many.
    private static let stepLimit = 100
    /// The same for pipelines without a step.
    private static let useLimit = 1_000

    private let names: [String]
    private let pipelines: [String: NamedPipeline]
    private let run: LoadingRun
    private var used: Set<String> = []

    init(_ entries: [PolicyNode.Entry], run: LoadingRun) {
        self.run = run
        names = entries.map(\.key)
        pipelines = Dictionary(entries.map { ($0.key, NamedPipeline(from: $0, run: run)) }) { first, _ in first }
        refuseCircles()
    }

    /// The steps with every `use` replaced by what it names.
    mutating func spliced(_ written: [Step], route: String, at place: Place) -> [Step] {
        var result = [Step]()
        var uses = 0
        if !splice(written, chain: [], uses: &uses, into: &result) {
            run.note(.tooLarge, place, "the route '\(route)' has more than \(Self.stepLimit) steps")
        }
        return result
    }

    /// Warns of what no route uses. Called once, after the last route.
    func warnOfUnused() {
        for name in names where !used.contains(name) {
            guard let place = pipelines[name]?.place else { continue }
            run.note(.unusedPipeline, place, "no route uses the pipeline '\(name)'")
        }
    }

    /// False when there are too many.
    private mutating func splice(
        _ written: [Step],
        chain: [String],
        uses: inout Int,
        into result: inout [Step]
    ) -> Bool {
        for step in written {
            guard step.word == Step.use else {
                guard result.count < Self.stepLimit else { return false }
                result.append(step)
                continue
            }
            uses += 1
            guard uses <= Self.useLimit else { return false }
            guard let use = use(of: step), let pipeline = pipelines[use.name], !chain.contains(use.name) else {
                continue
            }
            used.insert(use.name)
            let arguments = pipeline.parameters.arguments(from: use.arguments, at: step.settings.place)
            let inner = pipeline.steps(with: arguments)
            guard splice(inner, chain: chain + [use.name], uses: &uses, into: &result) else { return false }
        }
        return true
    }

    /// What a step names: `use: paid`, or `use: { pipeline: paid, price: 5 sat }`. Notes a mistake where it names none.
    private func use(of step: Step) -> (name: String, arguments: [PolicyNode.Entry])? {
        let node: PolicyNode
        var arguments = [PolicyNode.Entry]()
        if case .map(let entries) = step.settings.content {
            guard let entry = entries.first(where: { $0.key == "pipeline" }) else {
                run.note(
                    .stepForm,
                    step.settings.place,
                    "'use' should be the name of a pipeline, or { pipeline: name, ... } with its parameters"
                )
                return nil
            }
            node = entry.value
            arguments = entries.filter { $0.key != "pipeline" }
        } else {
            node = step.settings
        }
        guard case .text(let name) = node.content else {
            run.note(.stepForm, node.place, "'use' should be the name of a pipeline, not \(node.kind)")
            return nil
        }
        guard pipelines[name] != nil else {
            let hint = Guess.hint(for: name, among: names)
            let list = names.isEmpty ? "none" : names.joined(separator: ", ")
            run.note(.unknownPipeline, node.place, "unknown pipeline '\(name)'\(hint); there is \(list)")
            return nil
        }
        return (name, arguments)
    }

    private func refuseCircles() {
        var done: Set<String> = []
        for name in names {
            follow(name, chain: [], done: &done)
        }
    }

    /// Depth first; each pipeline is followed once. Also notes what does not exist in pipelines nobody uses.
    private func follow(_ name: String, chain: [String], done: inout Set<String>) {
        guard !done.contains(name) else { return }
        guard chain.count < Self.stepLimit else {
            guard let place = pipelines[name]?.place else { return }
            run.note(.tooLarge, place, "more than \(Self.stepLimit) pipelines use one another down to this one")
            return
        }
        let chain = chain + [name]
        for step in pipelines[name]?.steps ?? [] where step.word == Step.use {
            guard let use = use(of: step), let pipeline = pipelines[use.name] else { continue }
            _ = pipeline.parameters.arguments(from: use.arguments, at: step.settings.place)
            if let start = chain.firstIndex(of: use.name) {
                let circle = (chain[start...] + [use.name]).joined(separator: " -> ")
                run.note(.pipelineCycle, step.settings.place, "the pipeline '\(use.name)' uses itself: \(circle)")
            } else {
                follow(use.name, chain: chain, done: &done)
            }
        }
        done.insert(name)
    }
}
