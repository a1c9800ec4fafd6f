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
    package let plan: Plan
    package let revocations = RevocationList()
    /// What its plugins share.
    package let parts = SharedParts()
    package let dataFolder: String
    package let time: TimeSource
    package let logger: Logger

    /// Loads with the built-in plugins and this process's environment, and prints every mistake and warning.
    ///
    /// - Throws: `CommandFailure` with the number of mistakes.
    package init(
        dataFolder: String,
        time: TimeSource = .system,
        logger: Logger,
        load: (PolicyLoader) -> PolicyOutcome
    ) throws {
        self.dataFolder = dataFolder
        self.time = time
        self.logger = logger
        let services = Services(
            registry: BuiltIn.registry,
            time: time,
            logger: logger,
            store: NoStore(),
            lightning: NoLightning(),
            revocations: revocations,
            parts: parts,
            dataFolder: dataFolder
        )
        let loader = PolicyLoader(services: services) { ProcessInfo.processInfo.environment[$0] }
        switch load(loader) {
        case .plan(let plan):
            self.plan = plan
            for warning in plan.warnings {
                Terminal.standardError("\(warning.place): warning: \(warning.message)")
            }
        case .mistakes(let mistakes):
            for mistake in mistakes {
                Terminal.standardError("\(mistake)")
            }
            throw CommandFailure(.failed, mistakes.count == 1 ? "1 mistake" : "\(mistakes.count) mistakes")
        }
    }
}
