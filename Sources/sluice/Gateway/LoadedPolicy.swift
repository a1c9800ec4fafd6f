package import GatewayKit
package import GatewayPolicy
package import Logging

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A policy without a mistake, and what its plugins were made with.
package struct LoadedPolicy: Sendable {
    package typealias Source = @Sendable (PolicyLoader) -> PolicyOutcome

    package let plan: Plan
    /// What its plugins share.
    package let parts: SharedParts
    /// What was read for it.
    package let files: RecordingFiles
    package let revocations: RevocationList
    package let dataFolder: String
    package let time: TimeSource
    package let logger: Logger
    /// What all its sales share, as those of the policies before and after it.
    package let invoiceBudget: InvoiceBudget
    package let invoiceCheck: InvoiceCheck
    package let settlements: SettlementNews
    private let source: Source

    /// What the plugins that are built in are made with.
    package static func services(dataFolder: String, time: TimeSource = .system, logger: Logger) -> Services {
        Services(
            registry: BuiltIn.registry,
            time: time,
            logger: logger,
            store: NoStore(),
            lightning: NoLightning(),
            dataFolder: dataFolder
        )
    }

    /// Loads with the built-in plugins and this process's environment, and prints every mistake and warning.
    ///
    /// - Parameters:
    ///   - standIns: see `PolicyLoader.standIns`.
    ///   - storeStandIn: see `PolicyLoader.storeStandIn`.
    ///   - printsWarnings: also what is odd but works.
    /// - Throws: `CommandFailure` with the number of mistakes.
    package init(
        dataFolder: String,
        time: TimeSource = .system,
        logger: Logger,
        standIns: (@Sendable (Services) -> Services)? = nil,
        storeStandIn: (any Store)? = nil,
        printsWarnings: Bool = true,
        load source: @escaping Source
    ) throws {
        self.dataFolder = dataFolder
        self.time = time
        self.logger = logger
        self.source = source
        parts = SharedParts()
        files = RecordingFiles()
        revocations = RevocationList()
        invoiceBudget = InvoiceBudget()
        invoiceCheck = InvoiceCheck(time: time)
        settlements = SettlementNews()
        var services = Self.services(dataFolder: dataFolder, time: time, logger: logger)
        services.revocations = revocations
        services.invoiceBudget = invoiceBudget
        services.invoiceCheck = invoiceCheck
        services.settlements = settlements
        services.parts = parts
        var loader = Self.loader(services, files)
        loader.standIns = standIns
        loader.storeStandIn = storeStandIn
        switch source(loader) {
        case .plan(let plan):
            self.plan = plan
            if printsWarnings { Self.tell(mistakes: [], warnings: plan.warnings) }
        case .mistakes(let mistakes):
            Self.tell(mistakes: mistakes, warnings: [])
            throw CommandFailure(.failed, mistakes.count == 1 ? "1 mistake" : "\(mistakes.count) mistakes")
        }
    }

    /// A line each: the place, what was expected, and the rule that is not kept.
    static func tell(mistakes: [PolicyMistake], warnings: [PolicyMistake]) {
        for mistake in mistakes {
            Terminal.standardError("\(mistake) [\(mistake.rule.rawValue)]")
        }
        for warning in warnings {
            Terminal.standardError("\(warning.warningDescription) [\(warning.rule.rawValue)]")
        }
    }

    /// Loads the same policy again, to take the place of this one; what is kept in the store and told by the node goes on.
    /// Reads files: not for an event loop.
    ///
    /// - Parameter files: knows afterwards what was read, whatever came of it.
    /// - Throws: `FoundMistakes`.
    package func again(reading files: RecordingFiles) throws(FoundMistakes) -> LoadedPolicy {
        try LoadedPolicy(after: self, reading: files)
    }

    private init(after current: LoadedPolicy, reading files: RecordingFiles) throws(FoundMistakes) {
        self.files = files
        dataFolder = current.dataFolder
        time = current.time
        logger = current.logger
        source = current.source
        parts = SharedParts(after: current.parts)
        revocations = current.revocations
        invoiceBudget = current.invoiceBudget
        invoiceCheck = current.invoiceCheck
        settlements = current.settlements
        var services = Self.services(dataFolder: dataFolder, time: time, logger: logger)
        services.store = current.plan.store
        services.lightning = current.plan.lightning
        services.revocations = revocations
        services.invoiceBudget = invoiceBudget
        services.invoiceCheck = invoiceCheck
        services.settlements = settlements
        services.parts = parts
        let loader = Self.loader(services, files)
        switch source(loader.replacing(current.plan)) {
        case .plan(let plan): self.plan = plan
        case .mistakes(let mistakes): throw FoundMistakes(all: mistakes)
        }
    }

    /// Reads this process's environment.
    package static func loader(_ services: Services, _ files: any PolicyFiles = DiskFiles()) -> PolicyLoader {
        PolicyLoader(services: services, environment: { ProcessInfo.processInfo.environment[$0] }, files: files)
    }
}

/// Why a policy is not one.
package struct FoundMistakes: Error {
    /// At least one; sorted by file, line and column.
    package let all: [PolicyMistake]
}
