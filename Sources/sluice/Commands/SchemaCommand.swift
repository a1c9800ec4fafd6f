internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy
internal import Logging

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print a JSON Schema of the policy language, for completion in editors.",
        discussion: "Made of the plugins that are built in; 'sluice check' knows more than it can say."
    )

    func run() throws {
        let logger = Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() }
        let services = LoadedPolicy.services(dataFolder: "", logger: logger)
        Terminal.standardOutput(PolicySchema(services).json())
    }
}
