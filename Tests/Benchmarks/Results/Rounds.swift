/// Measures every program in every scenario, round after round, so that what changes on the machine meets all alike.
struct Rounds {
    private let count: Int
    private var scenarios: [any Scenario]
    private let workbench: Workbench
    private(set) var results: [ScenarioResult]

    init(count: Int, scenarios: [any Scenario], workbench: Workbench) {
        self.count = count
        self.scenarios = scenarios
        self.workbench = workbench
        results = scenarios.map { ScenarioResult(title: $0.title, goal: $0.goal) }
    }

    /// Returns early when the benchmark is interrupted.
    mutating func run() {
        for index in scenarios.indices {
            do {
                try scenarios[index].prepare(on: workbench)
            } catch {
                fail(scenarios[index].programs, in: index, error)
            }
        }
        for round in 0..<count {
            for index in scenarios.indices {
                let programs = scenarios[index].programs
                // Nobody is always the first.
                for turn in programs.indices {
                    measure(programs[(round + turn) % programs.count], in: index, round: round)
                }
            }
        }
    }

    private mutating func measure(_ program: Program, in index: Int, round: Int) {
        guard !Children.all.areStopped else { return }
        let scenario = scenarios[index]
        // What failed once would only take its time again.
        guard results[index].failure(of: program) == nil else { return results[index].add(nil, of: program) }
        let sample: Sample
        do {
            sample = try scenario.measure(program, on: workbench)
        } catch {
            results[index].add(nil, of: program)
            return fail([program], in: index, error)
        }
        results[index].add(sample, of: program)
        let figures = Metric.allCases.compactMap { metric in
            sample[metric].map { "\(Table.number($0)) \(metric.heading)" }
        }
        let place = "round \(round + 1)/\(count): \(scenario.title): \(program.rawValue)"
        Progress.say("\(place): \(figures.joined(separator: ", "))")
    }

    private mutating func fail(_ programs: [Program], in index: Int, _ error: any Error) {
        guard !Children.all.areStopped else { return }
        for program in programs { results[index].fail(program, "\(error)") }
        let names = programs.map(\.rawValue).joined(separator: ", ")
        Progress.say("not measured: \(scenarios[index].title): \(names): \(error)")
    }
}
