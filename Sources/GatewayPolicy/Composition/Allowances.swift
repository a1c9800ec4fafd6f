internal import GatewayKit

/// What a policy lets pass on purpose: `allow` at its top and on its routes. Used by one task.
final class Allowances {
    private struct Allowance {
        let rule: PolicyRule
        let place: Place
        /// `nil`: on every route.
        let route: String?
        var isUsed = false
    }

    private var all: [Allowance] = []

    /// Reads `{ rule: reason }`, or a list of `{ rule: ..., reason: ... }`.
    ///
    /// - Parameter route: whose it is; `nil`: that of the policy.
    func read(_ node: PolicyNode, of route: String?, run: LoadingRun) {
        switch node.content {
        case .map(let entries):
            for entry in entries {
                add(entry.key, at: entry.keyPlace, because: entry.value, of: route, run: run)
            }
        case .list(let items):
            for item in items {
                read(item: item, of: route, run: run)
            }
        case .empty, .text, .reference:
            run.note(
                node.place,
                "'allow' should be a map of rules and reasons such as { free-shadow: the samples are free }, not"
                    + " \(node.kind)"
            )
        }
    }

    private func read(item: PolicyNode, of route: String?, run: LoadingRun) {
        if case .text(let word) = item.content {
            add(word, at: item.place, because: nil, of: route, run: run)
            return
        }
        var settings = run.reader(for: item, word: "allow")
        let rule = settings.node("rule")
        let reason = settings.node("reason")
        settings.finish()
        guard let rule, let word = settings.text(of: rule, expected: "'rule' should be the name of a rule") else {
            if case .map = item.content {
                settings.note(item.place, "'allow' needs 'rule': the name of a rule", rule: .missingSetting)
            }
            return
        }
        add(word, at: rule.place, because: reason, of: route, run: run)
    }

    private func add(_ word: String, at place: Place, because reason: PolicyNode?, of route: String?, run: LoadingRun) {
        let words = PolicyRule.allCases.filter(\.mayBeAllowed).map(\.rawValue)
        guard let rule = PolicyRule(rawValue: word) else {
            run.note(
                place,
                "unknown rule '\(word)'\(Guess.hint(for: word, among: words)); 'allow' takes"
                    + " \(words.joined(separator: ", "))"
            )
            return
        }
        guard rule.mayBeAllowed else {
            run.note(place, "the rule '\(word)' cannot be switched off; 'allow' takes \(words.joined(separator: ", "))")
            return
        }
        if case .text(let text)? = reason?.content, text.contains(where: { !$0.isWhitespace }) {
            // Routes of several listeners are read more than once; an alias stands in one place for several routes.
            guard !all.contains(where: { $0.place == place && $0.route == route }) else { return }
            all.append(Allowance(rule: rule, place: place, route: route))
        } else {
            run.note(
                .allowWithoutReason,
                reason?.place ?? place,
                "'\(word)' is allowed without a reason; write one, for whoever reads this next: { \(word): why }"
            )
            // It would be told as well that nothing allows it.
            all.append(Allowance(rule: rule, place: place, route: route, isUsed: true))
        }
    }

    /// True when it is let pass, on one of the routes at least.
    func allow(_ rule: PolicyRule, on routes: [String]) -> Bool {
        var isAllowed = false
        for index in all.indices where all[index].rule == rule {
            guard all[index].route.map(routes.contains) ?? true else { continue }
            all[index].isUsed = true
            isAllowed = true
        }
        return isAllowed
    }

    /// Called once, when everything was noted.
    func warnOfUnused(_ run: LoadingRun) {
        for allowance in all where !allowance.isUsed {
            let route = allowance.route.map { " on the route '\($0)'" } ?? ""
            run.note(
                .allowOfNothing,
                allowance.place,
                "nothing\(route) breaks the rule '\(allowance.rule.rawValue)' that is allowed here; take it out"
            )
        }
    }
}
