internal import ArgumentParser
internal import NIOHTTP1

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Have a running gateway take up its policies as they are now, or learn why it does not."
    )

    @OptionGroup var options: AdminOptions

    @Flag(help: "Also what 'guard: money' stands against: paid requests that become free, or much cheaper.")
    var allow = false

    func run() async throws {
        let path = allow ? "/reload?allow=losses" : "/reload"
        let report = try await options.told(ReloadReport.self, by: .POST, path)
        options.print(report, text: Self.text(of: report))
        switch report.result {
        case .applied, .unchanged: break
        case .refused: throw CommandFailure(.refused, "")
        case .failed: throw CommandFailure(.failed, "")
        }
    }

    /// The result, then why not, then what changes.
    static func text(of report: ReloadReport) -> String {
        let result: String =
            switch report.result {
            case .applied: "applied: requests go by the new policy"
            case .unchanged: "unchanged: nothing that was read is different"
            case .refused: "refused: the policy from before is served on; --allow has it taken up all the same"
            case .failed: "failed: the policy from before is served on"
            }
        return ([result] + report.reasons.map { "  \($0)" } + report.changes.map { "  \($0)" }).joined(separator: "\n")
    }
}
