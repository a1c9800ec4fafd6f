/// The samples of one scenario, by program and round.
struct ScenarioResult: Codable {
    let title: String
    let goal: Goal?
    private(set) var samples: [Program.RawValue: [Sample?]] = [:]
    private(set) var failures: [Program.RawValue: String] = [:]

    init(title: String, goal: Goal?) {
        self.title = title
        self.goal = goal
    }

    /// - Parameter sample: `nil` where there is none in this round, so that rounds stay side by side.
    mutating func add(_ sample: Sample?, of program: Program) {
        samples[program.rawValue, default: []].append(sample)
    }

    /// The last one counts.
    mutating func fail(_ program: Program, _ reason: String) {
        failures[program.rawValue] = reason
    }

    func failure(of program: Program) -> String? { failures[program.rawValue] }

    // MARK: Figures

    /// Those that there are samples of, in the order of the table.
    var metrics: [Metric] {
        let known = samples.values.joined().compactMap { $0 }.flatMap(\.keys)
        return Metric.allCases.filter(known.contains)
    }

    func median(_ metric: Metric, of program: Program) -> Double? {
        Self.median((samples[program.rawValue] ?? []).compactMap { $0?[metric] })
    }

    /// The median of the ratios to nginx in the same round: what slows a whole round down cancels out.
    func ratio(_ metric: Metric, of program: Program) -> Double? {
        let pairs = zip(samples[program.rawValue] ?? [], samples[Program.nginx.rawValue] ?? [])
        return Self.median(
            pairs.compactMap { own, nginx in
                guard let own = own?[metric], let nginx = nginx?[metric], nginx > 0 else { return nil }
                return own / nginx
            }
        )
    }

    private static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
