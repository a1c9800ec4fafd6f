internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy
internal import Logging

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tell every mistake of the policies, and open nothing."
    )

    @OptionGroup var options: PolicyOptions

    func run() throws {
        let logger = Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() }
        let plan = try options.load(logger: logger).plan
        let count = plan.routes.count
        Terminal.standardError("\(options.policies): \(count) \(count == 1 ? "route" : "routes"), no mistake")
    }
}
