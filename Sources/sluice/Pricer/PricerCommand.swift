internal import ArgumentParser

/// A price server, and the look at anybody's.
struct PricerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pricer",
        abstract: "Serve prices by the token, or look whether a price server of yours does what gateways expect.",
        subcommands: [ServePricesCommand.self, TestPricerCommand.self],
        defaultSubcommand: ServePricesCommand.self
    )
}
