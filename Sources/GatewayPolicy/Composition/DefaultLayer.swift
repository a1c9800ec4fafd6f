internal import GatewayKit

/// What routes have by default where they do not say otherwise: settings of stages, by their words, and a few keys of routes.
struct DefaultLayer {
    /// The keys of routes that may have a default.
    static let routeKeys = ["max-body"]

    let entries: [PolicyNode.Entry]

    /// - Parameters:
    ///   - owner: whose they are, for people: `the policy`, `the host 'api.example.com'`.
    ///   - otherKeys: keys that mean something else there.
    init(_ node: PolicyNode, of owner: String, otherThan otherKeys: [String] = [], run: LoadingRun) {
        let words = run.services.registry.stages.keys.sorted()
        var known = [PolicyNode.Entry]()
        for entry in run.entries(of: node, named: "defaults") where !otherKeys.contains(entry.key) {
            guard words.contains(entry.key) || Self.routeKeys.contains(entry.key) else {
                let list = words + Self.routeKeys + otherKeys
                run.note(
                    .unknownKey,
                    entry.keyPlace,
                    "unknown key '\(entry.key)'\(Guess.hint(for: entry.key, among: list)); 'defaults' takes the words of"
                        + " stages and \((Self.routeKeys + otherKeys).joined(separator: ", "))"
                )
                continue
            }
            known.append(Overlay.marked(entry, as: "default of \(owner)"))
        }
        entries = known
    }
}
