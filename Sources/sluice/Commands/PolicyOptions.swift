internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy
internal import Logging

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What the commands that read policies have in common.
struct PolicyOptions: ParsableArguments {
    @Argument(help: "A policy file, or a folder of them.")
    var policies = "policies"

    @Option(help: "The folder for keys and data (default: .sluice beside the policies).")
    var data: String?

    var dataFolder: String {
        data ?? Self.defaultDataFolder(beside: policies)
    }

    static func defaultDataFolder(beside policies: String) -> String {
        var parts = policies.split(separator: "/", omittingEmptySubsequences: true)
        _ = parts.popLast()
        let parent = (policies.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
        return parent.isEmpty ? ".sluice" : parent == "/" ? "/.sluice" : "\(parent)/.sluice"
    }

    /// The plan of the policies.
    ///
    /// - Parameter storeStandIn: see `PolicyLoader.storeStandIn`.
    /// - Throws: `CommandFailure` after every mistake was printed; 5 when there are no policies.
    func load(logger: Logger, storeStandIn: (any Store)? = nil) throws -> LoadedPolicy {
        try requirePolicies()
        return try LoadedPolicy(dataFolder: dataFolder, logger: logger, storeStandIn: storeStandIn) {
            $0.load(policies)
        }
    }

    /// Reads policies with the built-in plugins, for whoever tells the mistakes itself.
    ///
    /// - Throws: `CommandFailure` 5 when there are no policies.
    func loader(logger: Logger) throws -> PolicyLoader {
        try requirePolicies()
        return LoadedPolicy.loader(LoadedPolicy.services(dataFolder: dataFolder, logger: logger))
    }

    private func requirePolicies() throws {
        guard FileManager.default.fileExists(atPath: policies) else {
            throw CommandFailure(.notFound, "there is no '\(policies)': name a policy file or a folder of them")
        }
    }
}
