internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy
internal import Lightning
internal import Logging
internal import Stores

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Tell what will go wrong in production although the policies have no mistake.",
        discussion: """
            Looks at the node: whether it answers, what its credentials allow beyond what is needed, when they end, and what
            strangers can learn from it. Changes nothing there, and leaves the store alone. Exits with 0 where there is
            nothing to tell, with 1 where there is or where the policies have mistakes, and with 5 where there are none.
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
        let plan = try options.load(logger: logger, storeStandIn: MemoryStore()).plan
        let findings = await Self.findings(in: plan)
        if json || !Terminal.isInteractive {
            Terminal.standardOutput(JSONOutput.text(Document(findings: findings)))
        } else {
            Terminal.standardOutput(findings.isEmpty ? "nothing" : findings.joined(separator: "\n"))
        }
        if !findings.isEmpty {
            throw CommandFailure(.failed, findings.count == 1 ? "1 finding" : "\(findings.count) findings")
        }
    }

    private static func findings(in plan: Plan) async -> [String] {
        let lightning = plan.lightning
        var findings = [String]()
        do {
            try await lightning.start()
            // What is reached by relays is reached by then.
            findings += await lightning.findings()
            try await lightning.probe()
        } catch {
            findings.append("the node cannot be asked: \(error)")
        }
        // The development node has nothing that it could spend.
        if lightning.capabilities.contains(.refund), !(lightning is DevNode), !plan.sellsSessions {
            findings.append(
                "the node lets the gateway pay, and no route takes deposits, whose rest is all that is paid back: once that of"
                    + " earlier ones is, name credentials that only receive"
            )
        }
        await lightning.stop()
        return findings
    }
}
