internal import ArgumentParser
internal import GatewayKit
internal import NIOHTTP1

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell which policies a running gateway serves, and what became of its last reload."
    )

    @OptionGroup var options: AdminOptions

    func run() async throws {
        let status = try await options.told(GatewayStatus.self, by: .GET, "/status")
        options.print(status, text: Self.text(of: status))
    }

    private static func text(of status: GatewayStatus) -> String {
        var lines = [
            "started  \(status.started)", "loaded   \(status.loaded), \(status.reloads) reloads since the start",
            "routes   \(status.routes)", "files    \(status.files.joined(separator: ", "))",
            "watched  \(status.watches ? "yes" : "no")",
        ]
        for rate in status.rates {
            lines.append("rate     \(rate.currency) \(rate.rate ?? "none: \(rate.refusal ?? "")")")
            for source in rate.sources {
                let told = source.rate.map { "\($0)\(source.age.map { ", \($0)s ago" } ?? "")" } ?? "nothing yet"
                lines.append("         \(source.name): \(told)\(source.failure.map { "; \($0)" } ?? "")")
            }
        }
        if let last = status.last {
            lines.append("last     \(last.time), because of \(last.cause)")
            lines.append(ReloadCommand.text(of: last))
        }
        return lines.joined(separator: "\n")
    }
}
