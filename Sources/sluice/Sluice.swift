internal import ArgumentParser

/// The command line of the gateway.
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract:
            "A payment gateway: answers 402 with Lightning invoices, checks what comes back, forwards what is paid for.",
        subcommands: [
            DemoCommand.self, RunCommand.self, ExtAuthzCommand.self, ReloadCommand.self, StatusCommand.self,
            CheckCommand.self,
            PlanCommand.self, ExplainCommand.self, TestCommand.self, ReplayCommand.self, FormatCommand.self,
            SchemaCommand.self, DoctorCommand.self, ImportCommand.self, PluginCommand.self, GetCommand.self,
            PayCommand.self, TokenCommand.self, LedgerCommand.self, PricerCommand.self,
        ]
    )
}

/// What a command ends with; scripts rely on it.
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    case usage = 2
    case noConnection = 3
    case refused = 4
    case notFound = 5
}

/// Ends a command with a message for the person and a status for the script.
struct CommandFailure: Error, CustomStringConvertible {
    let status: ExitStatus
    /// Without `error:`; empty when everything was said already.
    let description: String

    init(_ status: ExitStatus = .failed, _ description: String = "") {
        self.status = status
        self.description = description
    }
}
