internal import ArgumentParser

/// Begins plugins, in a checkout of the project.
struct PluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin",
        abstract: "Begin a plugin of your own, in a checkout of the project.",
        subcommands: [NewPluginCommand.self]
    )
}
