internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Say what other policies would have done with the requests of an access log."
    )

    @Argument(help: "An access log, in JSON or logfmt; -: standard input.")
    var log: String

    @Option(help: "The policies to try: a file, or a folder of them.")
    var policies: String

    @Option(help: "The policies that the log was written under: then prices are compared, too.")
    var from: String?

    @Flag(help: "JSON, as when piped.")
    var json = false

    func run() async throws {
        for path in [policies, from].compactMap(\.self) where !FileManager.default.fileExists(atPath: path) {
            throw CommandFailure(.notFound, "there is no '\(path)': name a policy file or a folder of them")
        }
        var lines = try LogLines(log)
        defer { lines.close() }
        let new = try await TrialGateway(at: TestSuite.start) { [policies] in $0.load(policies) }
        let old: TrialGateway? =
            if let from { try await TrialGateway(at: TestSuite.start, load: { $0.load(from) }) } else { nil }
        var replay = Replay(into: new, from: old)
        while let (line, isWhole) = lines.next() {
            if isWhole {
                if !line.isEmpty { try await replay.add(LogLine(line)) }
            } else {
                replay.addUnreadable()
            }
        }
        await new.stop()
        await old?.stop()
        if let failure = lines.failure { throw CommandFailure(.failed, "cannot read '\(log)': \(failure)") }
        Terminal.standardOutput(json || !Terminal.isInteractive ? replay.report.json() : replay.report.text())
    }
}
