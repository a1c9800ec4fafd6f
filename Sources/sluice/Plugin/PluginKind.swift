internal import ArgumentParser
internal import GatewayKit

/// The kinds of plugin that can be begun by a command.
package enum PluginKind: String, CaseIterable, ExpressibleByArgument, Sendable {
    case caveat, stage, pricer

    /// How its types end: `TenantCaveat`.
    var suffix: String {
        switch self {
        case .caveat: "Caveat"
        case .stage: "Stage"
        case .pricer: "Pricer"
        }
    }

    /// How the types end behind whose lines in the list of plugins it stands.
    var listed: [String] {
        switch self {
        case .caveat: ["Caveat", "Verifier"]
        case .stage, .pricer: [suffix]
        }
    }

    /// The plugin that a new one begins as, with another name. What is embedded is compiled in Tests/WrittenPlugins.
    var sample: (word: String, source: [UInt8], test: [UInt8]) {
        switch self {
        case .caveat: ("tenant", PackageResources.TenantCaveat_txt, PackageResources.TenantCaveatTests_txt)
        case .stage: ("badge", PackageResources.BadgeStage_txt, PackageResources.BadgeStageTests_txt)
        case .pricer: ("tariff", PackageResources.TariffPricer_txt, PackageResources.TariffPricerTests_txt)
        }
    }

    /// How a policy uses it.
    func use(of word: String) -> String {
        switch self {
        case .caveat: "caveats: [service, \(word)]"
        case .stage: "- \(word): { field: X-Badge }"
        case .pricer: "price: { use: \(word), amount: 10 sat, large: 25 sat }"
        }
    }

    /// True for the word of a plugin of this kind that is built in.
    func isKnown(_ word: String) -> Bool {
        let registry = BuiltIn.registry
        return switch self {
        case .caveat: registry.verifiers[word] != nil || registry.remoteVerifiers[word] != nil
        case .stage: registry.stages[word] != nil
        case .pricer: registry.pricers[word] != nil
        }
    }
}
