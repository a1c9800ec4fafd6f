internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the tests that stand beside the policies (*.test.yaml): the engine of 'run', and no socket."
    )

    @Argument(help: "A policy file, or a folder of them.")
    var policies = "policies"

    @Option(help: "Only the tests whose name has this in it.")
    var filter: String?

    @Option(help: "A file for the results as JUnit writes them.")
    var junit: String?

    @Flag(help: "JSON, as when piped.")
    var json = false

    @Flag(help: "Fail, too, when a route or a stage is not reached.")
    var strict = false

    func run() async throws {
        let manager = FileManager.default
        guard manager.fileExists(atPath: policies) else {
            throw CommandFailure(.notFound, "there is no '\(policies)': name a policy file or a folder of them")
        }
        let files = PolicyTestFiles()
        let paths = files.paths(beside: policies)
        guard !paths.isEmpty else {
            throw CommandFailure(.notFound, "there are no tests (*.test.yaml) beside '\(policies)'")
        }
        let report = try await TestSuite(policies: policies, files: files, paths: paths, filter: filter).report()
        if let junit {
            do {
                try report.junit().write(toFile: junit, atomically: true, encoding: .utf8)
            } catch {
                throw CommandFailure(.failed, "cannot write '\(junit)': \(error)")
            }
        }
        Terminal.standardOutput(json || !Terminal.isInteractive ? report.json() : report.text())
        if report.failed > 0 { throw CommandFailure(.failed) }
        if strict, report.stages.contains(where: { !$0.isReached }) {
            throw CommandFailure(.failed, "not every stage was reached")
        }
    }
}
