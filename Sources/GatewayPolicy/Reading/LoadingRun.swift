internal import GatewayKit

/// What the parts of one run of the loader share.
struct LoadingRun {
    let services: Services
    let references: FileReferences
    /// Looks at what a policy names outside of it; `nil`: nobody does.
    var inspection: (any PolicyInspection)?
    /// The plan that is served now, where this one is to take its place: what is the same in both goes on.
    var current: Plan?
    /// See `PolicyLoader.standIns`.
    var standIns: (@Sendable (Services) -> Services)?
    /// See `PolicyLoader.storeStandIn`.
    var storeStandIn: (any Store)?
    var mistakes = PolicyMistakes()
    /// What is odd but works.
    let warnings = PolicyMistakes()
    /// What a policy lets pass, with a reason.
    let allowances = Allowances()

    func note(_ place: Place, _ message: String) {
        note(.setting, place, message)
    }

    func note(_ rule: PolicyRule, _ place: Place, _ message: String) {
        let mistake = PolicyMistake(place, message, rule: rule)
        if rule.isMistake {
            mistakes.note(mistake)
        } else {
            warnings.note(mistake)
        }
    }

    /// Notes what `allow` lets pass where it names the rule: at the top of the policy, or on one of the routes.
    func note(_ rule: PolicyRule, _ place: Place, of routes: String..., message: String) {
        guard !allowances.allow(rule, on: routes) else { return }
        note(rule, place, message)
    }

    /// All that was noted, sorted, without what references stand for.
    func told(_ noted: PolicyMistakes) -> [PolicyMistake] {
        references.resolved.hidden(in: noted.all).sortedByPlace()
    }

    func reader(for node: PolicyNode, word: String) -> PolicyReader {
        PolicyReader(node, word: word, mistakes: mistakes, references: references)
    }

    /// Notes what is wrong with the value of a key. What a reference stands for is not repeated, nor parts of it.
    func note(_ mistake: PolicyMistake, about node: PolicyNode, key: String) {
        if case .reference = node.content {
            note(node.place, "what the reference stands for does not fit '\(key)'; write it down to learn why")
        } else {
            mistakes.note(mistake)
        }
    }

    /// The entries of a map; notes a mistake and returns none for anything else. Nothing at all is an empty map.
    func entries(of node: PolicyNode, named name: String) -> [PolicyNode.Entry] {
        switch node.content {
        case .map(let entries): return entries
        case .empty: return []
        case .text, .reference, .list:
            note(node.place, "'\(name)' should be a map, not \(node.kind)")
            return []
        }
    }

    /// The items of a list; notes a mistake and returns none for anything else. Nothing at all is an empty list.
    func items(of node: PolicyNode, named name: String) -> [PolicyNode] {
        switch node.content {
        case .list(let nodes): return nodes
        case .empty: return []
        case .text, .reference, .map:
            note(node.place, "'\(name)' should be a list, not \(node.kind)")
            return []
        }
    }
}
