internal import Foundation

/// What is printed at the end.
struct Report: Codable {
    let machine: Machine
    let rounds: Int
    let seconds: Int
    let results: [ScenarioResult]

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    var table: String {
        let head = """
            \(machine.versions.joined(separator: "; "))
            \(machine.processor), \(machine.kernel), load before \(machine.loadAverage)
            Medians of \(rounds) rounds of \(seconds) s; in parentheses the median of each round's ratio to nginx.
            """
        return ([head] + results.map(section)).joined(separator: "\n\n")
    }

    private func section(_ result: ScenarioResult) -> String {
        let metrics = result.metrics
        var table = Table(heading: ["  program"] + metrics.flatMap { [$0.heading, ""] })
        for program in Program.allCases {
            let medians = metrics.map { result.median($0, of: program) }
            guard medians.contains(where: { $0 != nil }) else { continue }
            let cells = zip(metrics, medians).flatMap { metric, median in
                let ratio = result.ratio(metric, of: program).map { String(format: "(%.2f)", $0) }
                return [median.map(Table.number) ?? "-", program == .nginx ? "" : ratio ?? ""]
            }
            table.add(["  \(program.rawValue)"] + cells)
        }
        var lines = [result.title]
        if !metrics.isEmpty { lines.append(table.text) }
        for program in Program.allCases {
            guard let failure = result.failure(of: program) else { continue }
            let count = (result.samples[program.rawValue] ?? []).count { $0 != nil }
            let measured = count == 0 ? "not measured" : "measured in \(count) of \(rounds) rounds only"
            lines.append("  \(program.rawValue) \(measured): \(failure)")
        }
        if let goal = result.goal, let verdict = verdict(goal, result) { lines.append("  \(verdict)") }
        return lines.joined(separator: "\n")
    }

    private func verdict(_ goal: Goal, _ result: ScenarioResult) -> String? {
        guard let ratio = result.ratio(goal.metric, of: .sluice) else { return nil }
        let target = String(format: "goal: %@ at most %.1f x nginx", goal.metric.heading, goal.ratio)
        guard ratio > goal.ratio else { return "\(target): reached" }
        return target + String(format: ": missed by %.0f %%", (ratio / goal.ratio - 1) * 100)
    }
}
