/// A rule that a policy keeps, by the name under which `sluice check` tells that it does not. What each asks for stands in
/// "Rules of a policy".
public enum PolicyRule: String, Sendable, Hashable, CaseIterable {
    // Files and their form.
    case unreadableFile = "unreadable-file"
    case notText = "not-text"
    case notYAML = "not-yaml"
    case tooLarge = "too-large"
    case duplicateKey = "duplicate-key"
    case mergeKey = "merge-key"
    case unknownTag = "unknown-tag"
    case includeCycle = "include-cycle"
    case version
    case unknownKey = "unknown-key"
    case definedTwice = "defined-twice"
    case missingReference = "missing-reference"

    // Settings.
    case setting
    case missingSetting = "missing-setting"
    case unknownPlugin = "unknown-plugin"
    case unknownCurrency = "unknown-currency"
    case badCertificate = "bad-certificate"
    case unresolvedName = "unresolved-name"
    case noLightning = "no-lightning"
    case exposedAdmin = "exposed-admin"

    // Pipelines.
    case stepForm = "step-form"
    case unknownPipeline = "unknown-pipeline"
    case pipelineCycle = "pipeline-cycle"
    case unusedPipeline = "unused-pipeline"
    case missingParameter = "missing-parameter"
    case unknownParameter = "unknown-parameter"
    case unusedParameter = "unused-parameter"
    case unusedDefault = "unused-default"
    case unknownInput = "unknown-input"
    case lateInput = "late-input"
    case preflightNotFirst = "preflight-not-first"
    case noEnd = "no-end"
    case stageAfterEnd = "stage-after-end"
    case authTwice = "auth-twice"

    // Routes.
    case noRoutes = "no-routes"
    case ambiguousRoutes = "ambiguous-routes"
    case dividedCalls = "divided-calls"

    // Money.
    case uncheckedCaveats = "unchecked-caveats"
    case unverifiedCaveat = "unverified-caveat"
    case unfulfillableCaveat = "unfulfillable-caveat"
    case authWithoutPrice = "auth-without-price"
    case noRateLimit = "no-rate-limit"
    case shadow
    case cheapToken = "cheap-token"
    case otherTerms = "other-terms"
    case cheapTier = "cheap-tier"
    case cheapRequest = "cheap-request"
    case freeShadow = "free-shadow"
    case otherSpelling = "other-spelling"
    case otherMethod = "other-method"
    case otherHost = "other-host"
    case otherPath = "other-path"
    case callsAround = "calls-around"
    case overlappingRegexes = "overlapping-regexes"
    case unboundedMeter = "unbounded-meter"
    case revealedPreimage = "revealed-preimage"
    case strandedDeposit = "stranded-deposit"
    case unboundedFee = "unbounded-fee"
    case allowWithoutReason = "allow-without-reason"
    case allowOfNothing = "allow-of-nothing"

    /// False where it is odd and works: a warning.
    public var isMistake: Bool {
        switch self {
        case .exposedAdmin, .shadow, .unusedPipeline, .unusedDefault, .lateInput, .authWithoutPrice, .noRateLimit,
            .cheapRequest, .callsAround, .overlappingRegexes, .unboundedFee, .allowOfNothing:
            false
        default: true
        }
    }

    /// True where `allow` switches it off, with a reason.
    public var mayBeAllowed: Bool {
        switch self {
        case .authWithoutPrice, .noRateLimit, .shadow, .cheapToken, .otherTerms, .cheapTier, .cheapRequest,
            .freeShadow, .otherSpelling, .otherMethod, .otherHost, .otherPath, .callsAround, .overlappingRegexes,
            .unboundedMeter, .revealedPreimage, .unboundedFee, .lateInput:
            true
        default: false
        }
    }
}
