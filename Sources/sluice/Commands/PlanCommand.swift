internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy
internal import Logging

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what runs for each route, with the line it came from."
    )

    @OptionGroup var options: PolicyOptions

    @Option(help: "Only the route of this name.")
    var route: String?

    @Flag(help: "Each value, the line it came from, and what it overrode.")
    var full = false

    @Flag(help: "JSON, as when piped.")
    var json = false

    func run() throws {
        let logger = Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() }
        let plan = try options.load(logger: logger).plan
        if let route, !plan.routes.contains(where: { $0.route.name == route }) {
            let hint = Guess.hint(for: route, among: plan.routes.map(\.route.name))
            throw CommandFailure(.notFound, "there is no route '\(route)'\(hint)")
        }
        let table = PlanTable(plan, route: route)
        if json || !Terminal.isInteractive {
            Terminal.standardOutput(table.json(isFull: full))
            return
        }
        Terminal.standardOutput(table.text())
        if full {
            Terminal.standardOutput("\n" + PlanValues(plan, route: route).text())
        }
    }
}
