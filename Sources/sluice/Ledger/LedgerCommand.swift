internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy
internal import Logging
internal import Stores

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Look into the books: every quote, claim, debit, credit and refund.",
        subcommands: [VerifyLedgerCommand.self, ExportLedgerCommand.self, ReconcileLedgerCommand.self]
    )
}

/// The store of a policy, for as long as a command needs it. A gateway may be using it at the same time.
private func withStore(
    of options: PolicyOptions,
    _ body: (LoadedPolicy) async throws -> Void
) async throws {
    let logger = Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() }
    let policy = try options.load(logger: logger)
    try await policy.plan.store.start()
    do {
        try await body(policy)
        await policy.plan.store.stop()
    } catch {
        await policy.plan.store.stop()
        throw error
    }
}

struct VerifyLedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Name every row that is not what was written, and print where the chains stand."
    )

    @OptionGroup var options: PolicyOptions

    @Option(name: .customLong("head"), help: "Where a chain stood, as an earlier 'verify' printed it.")
    var heads: [String] = []

    @Flag(help: "JSON, as when piped.")
    var json = false

    private struct Document: Encodable {
        let rows: Int64
        let heads: [String]
        let findings: [LedgerAudit.Finding]
    }

    func run() async throws {
        let known = try heads.map { text in
            guard let head = LedgerHead(parsing: text) else {
                throw CommandFailure(.usage, "'\(text)' should be a head such as money/120/<64 hexadecimal digits>")
            }
            return head
        }
        try await withStore(of: options) { policy in
            let audit = try await LedgerAudit.of(policy.plan.store.books, knowing: known)
            let document = Document(
                rows: audit.rows,
                heads: audit.heads.map(\.description),
                findings: audit.findings
            )
            if json || !Terminal.isInteractive {
                Terminal.standardOutput(JSONOutput.text(document))
            } else {
                let lines = ["rows  \(audit.rows)"] + audit.heads.map { "head  \($0)" }
                Terminal.standardOutput(lines.joined(separator: "\n"))
            }
            guard audit.findings.isEmpty else {
                for finding in audit.findings { Terminal.standardError("\(finding)") }
                throw CommandFailure(.failed, "the ledger was changed")
            }
        }
    }
}

struct ExportLedgerCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case csv, json
    }

    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print every row: CSV, or JSON with an object a line."
    )

    @OptionGroup var options: PolicyOptions

    @Option(help: "csv or json.")
    var format = Format.csv

    @Option(help: "Only this chain: quotes or money.")
    var chain: String?

    private static let batch = 1_000

    func run() async throws {
        try await withStore(of: options) { policy in
            let books = policy.plan.store.books
            if format == .csv { Terminal.standardOutput(LedgerLine.csvHead) }
            for name in try await books.chains().map(\.name) where chain == nil || chain == name {
                var position: Int64 = 0
                while true {
                    let rows = try await books.rows(of: name, after: position, limit: Self.batch)
                    guard let last = rows.last else { break }
                    let lines = try rows.map { row in
                        guard let line = LedgerLine(row) else {
                            throw CommandFailure(.failed, "row \(row.position) of \(name) cannot be read")
                        }
                        return format == .csv ? line.csv : JSONOutput.line(line)
                    }
                    Terminal.standardOutput(lines.joined(separator: "\n"))
                    position = last.position
                }
            }
        }
    }
}

struct ReconcileLedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Hold the ledger against what the node says was paid."
    )

    @OptionGroup var options: PolicyOptions

    @Option(help: "The node has told everything when it has told nothing for so long.")
    var quiet = "2s"

    @Flag(help: "JSON, as when piped.")
    var json = false

    private struct Document: Encodable {
        let settled: Int
        let amount: UInt64
        let others: Int
        let differences: [Reconciliation.Difference]

        private enum CodingKeys: String, CodingKey {
            case settled, others, differences
            case amount = "amount_msat"
        }
    }

    func run() async throws {
        guard let quiet = Duration(parsing: quiet) else {
            throw CommandFailure(.usage, "--quiet should be \(Expectation.duration)")
        }
        try await withStore(of: options) { policy in
            let lightning = policy.plan.lightning
            try await lightning.start()
            let settlements: [PaymentHash: Settlement]
            do {
                settlements = try await Reconciliation.settlements(of: lightning, quiet: quiet)
                await lightning.stop()
            } catch {
                await lightning.stop()
                throw CommandFailure(.noConnection, "the node does not tell what was paid: \(error)")
            }
            let result = try await Reconciliation.of(policy.plan.store.books, against: settlements)
            let document = Document(
                settled: result.settled,
                amount: result.amount.millisatoshis,
                others: result.others,
                differences: result.differences
            )
            if json || !Terminal.isInteractive {
                Terminal.standardOutput(JSONOutput.text(document))
            } else {
                Terminal.standardOutput(
                    "settled  \(result.settled) payments, \(result.amount)\nothers   \(result.others)"
                )
            }
            guard result.differences.isEmpty else {
                for difference in result.differences { Terminal.standardError("\(difference)") }
                throw CommandFailure(.failed, "the ledger and the node differ")
            }
        }
    }
}
