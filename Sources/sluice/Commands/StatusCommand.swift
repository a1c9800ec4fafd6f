internal import ArgumentParser
internal import GatewayKit
internal import NIOCore
internal import NIOHTTP1

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell which policies a running gateway serves, and what became of its last reload."
    )

    @OptionGroup var options: AdminOptions

    @Flag(help: "JSON, as when piped.")
    var json = false

    func run() async throws {
        let answer = try await options.ask(.GET, "/status")
        guard let status = try? JSONDecoder().decode(GatewayStatus.self, from: Data(answer.body.readableBytesView))
        else {
            throw CommandFailure(.failed, "\(options.admin) answered \(answer.status.code), and not as Sluice does")
        }
        guard !json, Terminal.isInteractive else {
            Terminal.standardOutput(JSONOutput.text(status))
            return
        }
        var lines = [
            "started  \(status.started)", "loaded   \(status.loaded), \(status.reloads) reloads since the start",
            "routes   \(status.routes)", "files    \(status.files.joined(separator: ", "))",
            "watched  \(status.watches ? "yes" : "no")",
        ]
        if let last = status.last {
            lines.append("last     \(last.time), because of \(last.cause)")
            lines.append(ReloadCommand.text(of: last))
        }
        Terminal.standardOutput(lines.joined(separator: "\n"))
    }
}
