internal import ArgumentParser
internal import Foundation

/// Measures nginx, HAProxy, Caddy and Sluice in turns, on loopback, and prints what each costs compared to nginx.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure nginx, HAProxy, Caddy and Sluice in interleaved rounds.",
        discussion: """
            The program under test is pinned to core 0; the load and the upstream share core 1. Needs a machine that \
            does nothing else, and a release build.
            """
    )

    @Option(help: "How often each program is measured; the programs take turns.")
    var rounds = 5

    @Option(help: "How many seconds each load runs.")
    var seconds = 4

    @Option(
        help: "Scenarios, separated by commas: \(Topic.allCases.map(\.rawValue).joined(separator: ",")).",
        transform: Topic.list
    )
    var only = Topic.allCases

    @Flag(help: "Print every sample as JSON instead of the table.")
    var json = false

    func validate() throws {
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds should be from 1 to 100") }
        guard (1...300).contains(seconds) else { throw ValidationError("--seconds should be from 1 to 300") }
    }

    func run() throws {
        let tools = try Tools.found()
        let limit = FileLimit.raised()
        let workspace = try Workspace()
        let interruption = Interruption(cleaning: workspace)
        defer {
            Children.all.stop()
            workspace.remove()
            interruption.cancel()
        }
        let report: Report
        do {
            report = try self.report(with: tools, in: workspace, openFiles: limit)
        } catch {
            throw interruption.status.map { ExitCode($0) } ?? error
        }
        if let status = interruption.status { throw ExitCode(status) }
        print(json ? try report.json() : report.table)
    }

    private func report(with tools: Tools, in workspace: Workspace, openFiles: Int) throws -> Report {
        let machine = Machine(tools: tools)
        for warning in machine.warnings { Progress.say("warning: \(warning)") }
        let workbench = try Workbench(workspace: workspace, tools: tools, seconds: seconds, openFiles: openFiles)
        var measuring = Rounds(count: rounds, scenarios: only.flatMap(\.scenarios), workbench: workbench)
        measuring.run()
        return Report(machine: machine, rounds: rounds, seconds: seconds, results: measuring.results)
    }
}
