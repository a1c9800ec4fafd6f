internal import ArgumentParser

struct NewPluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write a plugin that compiles, its test, and the lines that make it known.",
        discussion: """
            The plugin is a folder of Plugins/ with one file, and a folder of Tests/. Package.swift gets its name, and \
            Sources/sluice/BuiltIn.swift its import and its registration. Nothing that is there is written over.
            """
    )

    @Argument(help: "What it is: \(PluginKind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind: PluginKind

    @Argument(help: "How policies name it: small letters and digits, words joined by '-'.")
    var name: String

    @Option(name: .customLong("in"), help: "A folder of the checkout.")
    var folder = "."

    func run() throws {
        let plugin = try NewPlugin(kind, named: PluginName(name))
        let checkout = try Checkout(holding: folder)
        for path in try checkout.write(plugin) {
            Terminal.standardError("\(path): written")
        }
        let test = "swift test --filter \(plugin.name.module)Tests"
        Terminal.standardError("next: \(test), and in a policy \(kind.use(of: name))")
    }
}
