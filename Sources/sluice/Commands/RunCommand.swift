internal import ArgumentParser
internal import GatewayKit
internal import Logging
internal import NIOCore

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Serve the policies until told to stop."
    )

    @OptionGroup var options: PolicyOptions
    @OptionGroup var logging: LoggingOptions

    func run() async throws {
        let logger = logging.logger
        let gateway = Gateway(try options.load(logger: logger))
        try await GatewayService.serve(gateway, logger: logger) { running in
            let addresses = running.addresses.map { "\($0.ipAddress ?? "?"):\($0.port ?? 0)" }
            logger.notice("serving", metadata: ["listeners": .array(addresses.map { .string($0) })])
        }
    }
}

struct LoggingOptions: ParsableArguments {
    @Option(
        name: .customLong("log-level"),
        help: "trace, debug, info, notice, warning, error or critical.",
        transform: Self.level
    )
    var level = Logger.Level.notice

    /// To standard error, so that standard output stays free for what a command prints.
    var logger: Logger {
        var logger = Logger(label: "sluice") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }

    @Sendable private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            let words = Logger.Level.allCases.map(\.rawValue)
            throw ValidationError(
                "'\(text)' should be one of \(words.joined(separator: ", "))\(Guess.hint(for: text, among: words))"
            )
        }
        return level
    }
}
