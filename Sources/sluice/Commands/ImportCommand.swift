internal import ArgumentParser
internal import GatewayPolicy

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a policy of the configuration of Aperture.",
        discussion: "What does not come along, or is misspelled there, is a warning with its line."
    )

    @Argument(help: "Aperture's configuration: aperture.yaml.")
    var configuration: String

    @Option(name: .shortAndLong, help: "A new file for the policy (default: standard output).")
    var output: String?

    func run() throws {
        let bytes: [UInt8]
        do {
            bytes = try DiskFiles().contents(of: configuration)
        } catch {
            throw CommandFailure(.notFound, "cannot read '\(configuration)': \(error)")
        }
        switch ApertureImport().policy(from: bytes, named: configuration) {
        case .mistakes(let mistakes):
            for mistake in mistakes {
                Terminal.standardError("\(mistake)")
            }
            throw CommandFailure(.failed, mistakes.count == 1 ? "1 mistake" : "\(mistakes.count) mistakes")
        case .policy(let text, let warnings):
            for warning in warnings {
                Terminal.standardError(warning.warningDescription)
            }
            guard let output else {
                Terminal.write(text.utf8)
                return
            }
            try write(text, to: output)
            Terminal.standardError("\(output): written; next: sluice check \(output)")
        }
    }

    /// Never over a file that is there: it may be a policy that somebody has worked on.
    private func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .withoutOverwriting)
        } catch {
            throw CommandFailure(
                .failed,
                FileManager.default.fileExists(atPath: path)
                    ? "'\(path)' is there already" : "cannot write '\(path)'"
            )
        }
    }
}
