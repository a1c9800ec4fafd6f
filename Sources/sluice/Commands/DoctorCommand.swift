internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy
internal import Logging

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Tell what will go wrong in production although the policies have no mistake.",
        discussion: """
            Looks at the node: what its credentials allow beyond what is needed, when they end, and what strangers can learn
            from it. Exits with 1 where there is anything to tell.
            """
    )

    @OptionGroup var options: PolicyOptions

    @Flag(help: "JSON, as when piped.")
    var json = false

    private struct Document: Encodable {
        let findings: [String]
    }

    func run() async throws {
        let logger = Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() }
        let lightning = try options.load(logger: logger).plan.lightning
        // A node that cannot start without the store knows what it has to tell all the same.
        try? await lightning.start()
        let findings = await lightning.findings()
        await lightning.stop()
        if json || !Terminal.isInteractive {
            Terminal.standardOutput(JSONOutput.text(Document(findings: findings)))
        } else {
            Terminal.standardOutput(findings.isEmpty ? "nothing" : findings.joined(separator: "\n"))
        }
        if !findings.isEmpty {
            throw CommandFailure(.failed, findings.count == 1 ? "1 finding" : "\(findings.count) findings")
        }
    }
}
