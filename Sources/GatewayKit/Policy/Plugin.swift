/// Something that a policy file can name.
public protocol Plugin: Sendable {
    /// How policy files name it: lower case, words joined by `-`.
    static var word: String { get }

    /// Reads its settings. Opens nothing: `sluice check` makes every plugin and starts none.
    init(from settings: inout PolicyReader, _ services: Services) throws
}

/// A stage that a policy can name, and the rules of its place in a pipeline.
public protocol StagePlugin: Stage, Plugin {
    /// What every stage of this kind reads in an exchange and some stage before it must have left there; by default
    /// nothing. `sluice check` refuses a pipeline in which nobody did.
    static var reads: [StageInput] { get }
    /// What it leaves in an exchange for the stages behind it. By default nothing.
    static var provides: [StageInput] { get }
    /// True when it answers the preflights of browsers for its route. Such a stage stands first, so that it may add to
    /// every answer of the route.
    static var answersPreflights: Bool { get }
    /// True when it decides for good, and so stands last.
    static var isLast: Bool { get }
    /// What `sluice plan` prints behind the word: the settings that count, on one line, no secret.
    var summary: String { get }
    /// What of `summary` must be the same on all routes of a service for which it is sold. By default all of it.
    var terms: String { get }
    /// What it reads with these settings; by default what every stage of its kind does.
    var reads: [StageInput] { get }
    /// What it would read with these settings if it were there: a stage that leaves it behind this one is a warning. By
    /// default nothing.
    var readsIfKnown: [StageInput] { get }
    /// True when a client can keep out of its way by what it writes in a request, so that it bounds nobody. By default false.
    var isEvadable: Bool { get }
    /// The path that an upstream sees of a request with this one, in its normal form. By default the same.
    func forwardedPath(of path: String) -> String
    /// What its schemes sell where the route has a price. By default nothing.
    var sales: [Sale] { get }
    /// The schemes that it names, in the order of the policy. By default none.
    var listedSchemes: [ListedScheme] { get }
    /// What it asks for a request; `nil`, the default: nothing.
    var listedPrice: ListedPrice? { get }
    /// True when it says itself that some requests cost nothing, beside others that cost something. By default false.
    var isFreeForSome: Bool { get }
    /// What becomes of a caveat that is sold for the route's service; `nil`, the default: it looks at no caveats.
    func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict?
}

extension StagePlugin {
    public static var reads: [StageInput] { [] }
    public static var provides: [StageInput] { [] }
    public static var isLast: Bool { false }
    public static var answersPreflights: Bool { false }
    public var terms: String { summary }
    public var reads: [StageInput] { Self.reads }
    public var readsIfKnown: [StageInput] { [] }
    public var isEvadable: Bool { false }
    public func forwardedPath(of path: String) -> String { path }
    public var sales: [Sale] { [] }
    public var listedSchemes: [ListedScheme] { [] }
    public var listedPrice: ListedPrice? { nil }
    public var isFreeForSome: Bool { false }
    public func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? { nil }
}
