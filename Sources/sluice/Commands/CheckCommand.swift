internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy
internal import Logging

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tell every mistake of the policies, and start nothing.",
        discussion: """
            Makes every stage, reads the certificates that the policies name, and looks for requests that get for nothing what is
            sold. Each mistake is told with its place and the rule that it breaks; "Rules of a policy" in the documentation lists
            them.
            """
    )

    @OptionGroup var options: PolicyOptions

    @Flag(help: "Also look up the names of upstreams; one without an address is a mistake.")
    var resolve = false

    @Flag(help: "Print one JSON object with mistakes and warnings.")
    var json = false

    func run() throws {
        let logger = Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() }
        let loader = try options.loader(logger: logger).inspecting(with: CheckInspection(resolvesNames: resolve))
        let (outcome, warnings) = loader.check(options.policies)
        let (plan, mistakes): (Plan?, [PolicyMistake]) =
            switch outcome {
            case .plan(let plan): (plan, [])
            case .mistakes(let mistakes): (nil, mistakes)
            }
        if json {
            let report = CheckReport(mistakes: mistakes, warnings: warnings, routes: plan?.routes.count)
            Terminal.standardOutput(JSONOutput.text(report))
        } else {
            LoadedPolicy.tell(mistakes: mistakes, warnings: warnings)
        }
        if !mistakes.isEmpty {
            throw CommandFailure(.failed, mistakes.count == 1 ? "1 mistake" : "\(mistakes.count) mistakes")
        }
        guard let plan, !json else { return }
        let count = plan.routes.count
        Terminal.standardError("\(options.policies): \(count) \(count == 1 ? "route" : "routes"), no mistake")
    }
}
